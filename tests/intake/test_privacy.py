"""What a camera or an editor writes about people and places stays with the photographer."""

import io
import re
import struct
import zlib
from urllib.parse import urlsplit

import pytest
from PIL import Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin
from PIL.ExifTags import IFD, Base

from pumbaphoto_wagtail.intake import raw
from pumbaphoto_wagtail.intake.colour import adobe_rgb_profile
from pumbaphoto_wagtail.models import Photo, Rendition, StoredFile
from pumbaphoto_wagtail.proofing import links
from pumbaphoto_wagtail.storage import open_file
from pumbaphoto_wagtail.testing import make_link
from tests.intake.whole_files import sensor, strip_tags, tiff

SERIAL, OWNER, PLACE, CAPTION = (
    "SN31337PLANTED",
    "Owner Planted",
    "Planted Street 7",
    "Planted words",
)
# Degrees, minutes and seconds that no other fraction in a small file is made of.
LATITUDE = (48, 51, 30.7654)
PLANTED = ("planted", "31337", "GPSLatitude", "48.858546", "307654")

XMP = f"""<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:Description
 aux:SerialNumber='{SERIAL}' aux:OwnerName='{OWNER}' exif:GPSLatitude='48,51.5128N'
 photoshop:City='{PLACE}'/></x:xmpmeta>""".encode()


def exif():
    tags = Image.Exif()
    tags.update({Base.Make: "Canon", Base.Model: "Canon EOS R5", Base.ImageDescription: CAPTION})
    tags.update(dict.fromkeys((Base.Artist, Base.Copyright, Base.HostComputer), OWNER))
    tags.get_ifd(IFD.Exif).update(
        {Base.DateTimeOriginal: "2026:06:13 14:05:09", Base.BodySerialNumber: SERIAL,
         Base.CameraOwnerName: OWNER, Base.LensSerialNumber: SERIAL, Base.UserComment: CAPTION,
         Base.MakerNote: b"Planted" + SERIAL.encode()}
    )  # fmt: skip
    tags.get_ifd(IFD.GPSInfo).update({1: "N", 2: LATITUDE, 3: "E", 4: (2, 17, 40.1)})
    return tags


def iptc():
    record = b"\x1c\x02\x5a" + struct.pack(">H", len(PLACE)) + PLACE.encode()
    block = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(record)) + record + bytes(len(record) % 2)
    return b"Photoshop 3.0\0" + block


def profile():
    """A profile that says who made it."""
    return adobe_rgb_profile().replace(b"Public domain", b"Planted owner")


def picture():
    return Image.linear_gradient("L").resize((300, 200)).convert("RGB")


def jpeg():
    buffer = io.BytesIO()
    picture().save(buffer, "JPEG", exif=exif(), xmp=XMP, icc_profile=profile(), comment=CAPTION)
    body = buffer.getvalue()
    segment = iptc()
    return body[:2] + b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment + body[2:]


def png():
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    info.add_text("Author", OWNER)
    info.add_text("Raw profile type iptc", PLACE, zip=True)
    buffer = io.BytesIO()
    picture().save(buffer, "PNG", exif=exif(), pnginfo=info, icc_profile=profile())
    return buffer.getvalue()


def tif():
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[700], tags[315], tags[270], tags[33432] = XMP, OWNER, CAPTION, OWNER
    tags[34377] = iptc()
    buffer = io.BytesIO()
    picture().save(buffer, "TIFF", tiffinfo=tags, icc_profile=profile())
    return buffer.getvalue()


def dng():
    preview = jpeg()
    mosaic = strip_tags(sensor(), 32803) | {33421: (2, 2), 33422: 0x02010100}
    small = {254: 1, 256: 300, 257: 200, 258: (8, 8, 8), 259: (7,), 262: (6,), 277: (3,)}
    small |= {273: preview, 278: 200, 279: len(preview)}
    first = {
        254: 1,
        271: "Canon",
        272: "Canon EOS R5",
        315: OWNER,
        50706: 0x00000401,
        50735: SERIAL,
    }
    return tiff(first, [small, mosaic])


FILES = {"jpg": jpeg, "png": png, "tif": tif, "dng": dng}


def leaks(content):
    """What was planted that these bytes tell, also where they are packed."""
    texts = [content]
    for start in (match.start() for match in re.finditer(rb"\x78[\x01\x9c\xda]", content)):
        try:
            texts.append(zlib.decompressobj().decompress(content[start:], 1_000_000))
        except zlib.error:
            continue
    found = {word for word in PLANTED for text in texts if word.lower().encode() in text.lower()}
    degrees = struct.pack("<III", 48, 1, 51), struct.pack(">III", 48, 1, 51)
    return found | {"degrees" for place in degrees if place in content}


@pytest.fixture
def shoot_of_secrets(scanned_shoot, arrivals):
    if raw.load() is None:
        pytest.skip("rawpy is not installed")
    arrivals({f"IMG_{number}.{name}": make() for number, (name, make) in enumerate(FILES.items())})
    assert Photo.objects.filter(picture__stage="ready").count() == len(FILES)
    return scanned_shoot


@pytest.mark.parametrize("name", FILES)
def test_the_secrets_are_really_in_the_files(name):
    assert {"planted", "31337"} <= leaks(FILES[name]())


def test_no_rendition_tells_a_secret(shoot_of_secrets):
    assert Rendition.objects.count() >= 3 * len(FILES)
    for rendition in Rendition.objects.select_related("stored_file"):
        with open_file(rendition.storage, rendition.name) as file:
            content = file.read()
        assert leaks(content) == set(), rendition.stored_file.original_name
        image = JpegImagePlugin.JpegImageFile(io.BytesIO(content))
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_the_photographer_still_has_serial_number_and_original(shoot_of_secrets):
    assert set(Photo.objects.exclude(name__endswith="tif").values_list("serial", flat=True)) == {
        SERIAL
    }
    for file in StoredFile.objects.filter(photo_files__isnull=False):
        with open_file(file.storage, file.name) as stored:
            assert "planted" in leaks(stored.read())


def test_no_answer_to_a_client_tells_a_secret(shoot_of_secrets, client):
    link = make_link(shoot_of_secrets, "Anna", email="anna@example.com")
    seen, waiting = set(), [f"/galleries/s/{links.token(link)}"]
    waiting.append(f"/galleries/picks/{shoot_of_secrets.uuid}/")
    pictures = 0

    while waiting and len(seen) < 200:
        address = waiting.pop(0)
        if address in seen:
            continue
        seen.add(address)
        response = client.get(address)
        if 300 <= response.status_code < 400:
            waiting.insert(0, urlsplit(response["Location"]).path)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        pictures += response.get("Content-Type", "").startswith("image/")
        assert leaks(content) == set(), address
        assert leaks(repr([*response.items()]).encode()) == set(), address
        if "text/html" in response.get("Content-Type", ""):
            waiting += addresses(content.decode())

    assert pictures >= 3 * len(FILES)


def addresses(page):
    """Every address of this site in a page, in whatever attribute or list."""
    found = re.findall(r"""["'\s,]((?:http://testserver|http://localhost)?/[^"'\s,<>\\]+)""", page)
    paths = {urlsplit(address).path for address in found}
    return sorted(path for path in paths if not path.startswith(("/static/", "/admin/")))
