import io
import time
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import IFD, Base
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import IFDRational

from pumbaphoto_wagtail.intake.containers import count_scans
from pumbaphoto_wagtail.intake.formats import FORMATS, format_by_extension
from pumbaphoto_wagtail.intake.metadata import PhotoMetadata, read_metadata, read_orientation
from tests.samples import sample_path, samples

EXIF_TAGS = {
    Base.DateTimeOriginal: "2026:06:13 14:05:09",
    Base.SubsecTimeOriginal: "042",
    Base.OffsetTimeOriginal: "+02:00",
    Base.ExposureTime: IFDRational(1, 250),
    Base.FNumber: IFDRational(28, 10),
    Base.ISOSpeedRatings: 400,
    Base.FocalLength: IFDRational(85, 1),
    Base.LensModel: "EF85mm f/1.8",
    Base.BodySerialNumber: "012345",
}


def exif_file(format="jpeg", tags=None, exif_tags=None, size=(60, 40)):
    exif = Image.Exif()
    exif.update({Base.Make: "Canon", Base.Model: "Canon EOS R5"} if tags is None else tags)
    exif.get_ifd(IFD.Exif).update(EXIF_TAGS if exif_tags is None else exif_tags)
    buffer = io.BytesIO()
    if format == "nef":
        # The structure alone, as RAW files have it.
        return io.BytesIO(exif.tobytes().removeprefix(b"Exif\0\0"))
    Image.new("RGB", size, "grey").save(buffer, format, exif=exif)
    return buffer


def read(format="jpeg", **options):
    zone = options.pop("default_timezone", UTC)
    return read_metadata(exif_file(format, **options), FORMATS[format], default_timezone=zone)


@pytest.mark.parametrize("format", ["jpeg", "png", "nef"])
def test_camera_lens_and_exposure_are_read(format):
    metadata = read(format)

    assert metadata.camera == "Canon EOS R5"
    assert metadata.lens == "EF85mm f/1.8"
    assert metadata.serial == "012345"
    assert metadata.exposure == "1/250 s · f/2.8 · ISO 400 · 85 mm"


@pytest.mark.parametrize("format", ["jpeg", "png", "nef"])
def test_the_time_has_its_sub_seconds_and_offset(format):
    metadata = read(format)

    expected = datetime(2026, 6, 13, 14, 5, 9, 42000, timezone(timedelta(hours=2)))
    assert metadata.taken_at == expected
    assert metadata.taken_at.utcoffset() == timedelta(hours=2)
    assert metadata.taken_at_source == "exif"


def test_a_camera_without_offset_is_taken_to_be_in_the_default_timezone():
    zone = ZoneInfo("Europe/Berlin")
    metadata = read(exif_tags={Base.DateTimeOriginal: "2026:01:02 03:04:05"}, default_timezone=zone)

    assert metadata.taken_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=zone)


def test_the_time_of_change_counts_where_no_other_is_told():
    metadata = read(tags={Base.DateTime: "2026:01:02 03:04:05"}, exif_tags={})

    assert metadata.taken_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["0000:00:00 00:00:00", "2026:13:45 99:99:99", "    :  :     :  :  ", "yesterday", "2026",
     "0001:01:01 00:00:00", "9999:12:31 23:59:59", "1825:01:01 00:00:00", "2026:06:13 24:00:00",
     "2025:02:29 10:00:00", "２０２６:01:02 03:04:05x", ""],
)  # fmt: skip
def test_an_impossible_time_is_no_time(text):
    metadata = read(exif_tags={Base.DateTimeOriginal: text})

    assert metadata.taken_at is None or metadata.taken_at.year == 2026
    assert metadata.taken_at_source == ("exif" if metadata.taken_at else "")


def test_an_impossible_offset_is_ignored():
    tags = EXIF_TAGS | {Base.OffsetTimeOriginal: "+99:99"}

    assert read(exif_tags=tags).taken_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["jpeg", "png", "tiff"])
def test_width_and_height_are_those_of_the_upright_picture(format, orientation):
    metadata = read(format, tags={Base.Orientation: orientation}, size=(60, 40))

    assert metadata.orientation == orientation
    is_sideways = orientation >= 5
    assert (metadata.width, metadata.height) == ((40, 60) if is_sideways else (60, 40))


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_is_upright(orientation):
    file = exif_file(tags={Base.Orientation: orientation})

    assert read_metadata(file, FORMATS["jpeg"]).orientation == 1
    assert read_orientation(file, FORMATS["jpeg"]) is None


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("NIKON CORPORATION", "NIKON Z 9", "NIKON Z 9"),
        ("SONY", "ILCE-7M4", "SONY ILCE-7M4"),
        ("OLYMPUS OPTICAL CO.,LTD", "E-10", "OLYMPUS E-10"),
        ("RICOH IMAGING COMPANY, LTD.", "PENTAX K-1", "PENTAX K-1"),
        ("RICOH IMAGING COMPANY, LTD.", "GR III", "RICOH GR III"),
        ("EASTMAN KODAK COMPANY", "KODAK DX7590", "KODAK DX7590"),
        ("LEICA CAMERA AG", "LEICA Q2", "LEICA Q2"),
        ("Leica Camera AG", "M11", "Leica M11"),
        ("OM Digital Solutions", "OM-1", "OM Digital Solutions OM-1"),
        ("Hasselblad", "Hasselblad X2D 100C", "Hasselblad X2D 100C"),
        ("Canon", "", "Canon"),
        ("", "DSC", "DSC"),
        ("", "", ""),
    ],
)
def test_a_camera_is_called_what_is_written_on_it(make, model, camera):
    assert read(tags={Base.Make: make, Base.Model: model}).camera == camera


@pytest.mark.parametrize(
    ("tag", "value", "words"),
    [
        (Base.ExposureTime, IFDRational(1, 8000), "1/8000 s"),
        (Base.ExposureTime, IFDRational(10, 2500), "1/250 s"),
        (Base.ExposureTime, IFDRational(1, 3), "0.3 s"),
        (Base.ExposureTime, IFDRational(5, 2), "2.5 s"),
        (Base.ExposureTime, IFDRational(30, 1), "30 s"),
        (Base.ExposureTime, IFDRational(4294967295, 1), ""),
        (Base.FNumber, IFDRational(95, 100), "f/0.95"),
        (Base.FNumber, IFDRational(28, 10), "f/2.8"),
        (Base.FNumber, IFDRational(11, 1), "f/11"),
        (Base.FNumber, IFDRational(4294967295, 1), ""),
        (Base.FocalLength, IFDRational(58125, 10000), "5.8 mm"),
        (Base.FocalLength, IFDRational(1200, 1), "1200 mm"),
        (Base.FocalLength, IFDRational(0, 1), ""),
        (Base.ISOSpeedRatings, 400, "ISO 400"),
        (Base.ISOSpeedRatings, 0, ""),
    ],
)
def test_exposure_reads_as_photographers_write_it(tag, value, words):
    assert read(exif_tags={tag: value}).exposure == words


@pytest.mark.parametrize("tag", [34865, 34866, 34867])
def test_an_iso_that_its_tag_has_no_room_for_is_read_from_another(tag):
    assert read(exif_tags={Base.ISOSpeedRatings: 65535, tag: 102400}).iso == "102400"


def test_a_lens_without_a_name_is_called_by_its_range():
    lens = tuple(IFDRational(*value) for value in ((24, 1), (70, 1), (28, 10), (28, 10)))

    assert read(exif_tags={Base.LensSpecification: lens}).lens == "24-70mm f/2.8"


@pytest.mark.parametrize(
    ("offset", "minutes"),
    [("+14:00", 840), ("-12:00", -720), ("+05:45", 345), ("-00:30", -30), ("+00:00", 0),
     ("+14:30", None), ("+02:75", None), ("   :  ", None), ("\0\0", None), ("２", None)],
)  # fmt: skip
def test_the_cameras_time_zone_is_told_in_minutes(offset, minutes):
    metadata = read(exif_tags=EXIF_TAGS | {Base.OffsetTimeOriginal: offset})

    assert metadata.offset_minutes == minutes
    assert metadata.taken_at.replace(tzinfo=None) == datetime(2026, 6, 13, 14, 5, 9, 42000)


def test_one_offset_for_all_times_counts_where_the_times_are_the_same():
    same = {Base.DateTimeOriginal: "2026:06:13 14:05:09", Base.OffsetTime: "+09:00",
            Base.SubsecTime: "5"}  # fmt: skip
    metadata = read(tags={Base.DateTime: "2026:06:13 14:05:09"}, exif_tags=same)

    assert metadata.taken_at.isoformat() == "2026-06-13T14:05:09.500000+09:00"


def test_the_offset_of_an_editors_desk_is_not_the_cameras():
    exported = {Base.DateTimeOriginal: "2026:06:13 14:05:09", Base.OffsetTime: "+09:00"}
    metadata = read(tags={Base.DateTime: "2026:07:01 10:00:00"}, exif_tags=exported)

    assert metadata.offset_minutes is None


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("1", 100000), ("12", 120000), ("042", 42000), ("123456", 123456), ("123456789", 123456),
     ("42 ", 420000), ("  ", 0), ("-1", 0), ("4.2", 0), ("x", 0), ("\u0662", 0)],
)  # fmt: skip
def test_sub_seconds_have_any_number_of_digits(text, microseconds):
    metadata = read(exif_tags=EXIF_TAGS | {Base.SubsecTimeOriginal: text})

    assert metadata.taken_at.microsecond == microseconds


def test_the_satellites_time_is_never_the_cameras():
    exif = Image.Exif()
    exif.get_ifd(IFD.GPSInfo).update({29: "2026:06:13", 7: (12, 5, 9), 1: "N", 2: (48, 0, 0)})
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=exif)

    assert read_metadata(buffer, FORMATS["jpeg"]).taken_at is None


XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description
 aux:SerialNumber="033024001432" xmp:CreateDate="2020-01-01T00:00:00"
 exif:DateTimeOriginal="2018-04-14T13:42:30.25-07:00"><exifEX:LensModel>RF100-500mm &amp; more\x07
 </exifEX:LensModel><exif:GPSLatitude>48,8.5N</exif:GPSLatitude></rdf:Description></rdf:RDF>"""


def xmp_file(format, packet):
    buffer = io.BytesIO()
    picture = Image.new("RGB", (8, 8))
    if format == "png":
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode("latin-1"))
        picture.save(buffer, "PNG", pnginfo=info)
    elif format == "tiff":
        picture.save(buffer, "TIFF", tiffinfo={700: packet})
    else:
        picture.save(buffer, "JPEG", xmp=packet)
    return buffer


@pytest.mark.parametrize("format", ["jpeg", "png", "tiff"])
def test_what_exif_does_not_tell_is_read_from_xmp(format):
    metadata = read_metadata(xmp_file(format, XMP), FORMATS[format])

    assert metadata.serial == "033024001432"
    assert metadata.lens == "RF100-500mm & more"
    assert metadata.taken_at.isoformat() == "2018-04-14T13:42:30.250000-07:00"
    assert metadata.offset_minutes == -420


@pytest.mark.parametrize("format", ["png", "tiff"])
@pytest.mark.parametrize(
    "packet",
    [
        b'<a aux:SerialNumber="' * 40_000,
        b"<aux:SerialNumber>" * 40_000,
        b' exif:DateTimeOriginal="2026-99-99T99:99:99"',
        b' exif:DateTimeOriginal="0000-00-00T00:00:00"',
        b' exif:DateTimeOriginal="2026"',
        b' exif:DateTimeOriginal="9999-12-31T23:59:59-14:00"',
        b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><aux:Lens>&a;</aux:Lens>",
        bytes(range(256)) * 4000,
    ],
    ids=range(8),
)
def test_a_hostile_packet_tells_nothing_and_takes_no_time(packet, format):
    started = time.process_time()
    metadata = read_metadata(xmp_file(format, packet), FORMATS[format])

    assert metadata.taken_at is None
    assert "root" not in metadata.lens
    assert time.process_time() - started < 2


def test_texts_are_clean_and_bounded():
    metadata = read(tags={Base.Model: "A\x07B" + "x" * 60000, Base.Make: ""})

    assert metadata.camera.startswith("ABx")
    assert len(metadata.camera) == 255


def test_adobe_rgb_is_read_from_its_two_tags():
    exif = Image.Exif()
    exif.get_ifd(IFD.Exif).update({Base.ColorSpace: 65535})
    exif.get_ifd(IFD.Exif)[IFD.Interop] = {1: "R03"}
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=exif)

    assert read_metadata(buffer, FORMATS["jpeg"]).is_adobe_rgb
    assert not read().is_adobe_rgb


def test_the_place_is_never_read():
    for name in ("good/jpeg/gps/DSCN0010.jpg", "bad/srw_preview_gps.srw"):
        path = sample_path(name)
        with path.open("rb") as file:
            metadata = read_metadata(file, FORMATS[path.suffix[1:].replace("jpg", "jpeg")])
        assert not any("gps" in field.lower() for field in vars(metadata))
        assert "43" not in metadata.exposure


@pytest.mark.samples
@pytest.mark.parametrize(
    ("name", "camera", "serial", "taken_at"),
    [
        ("raw/apple_iphonese_JYBF8578.dng", "Apple iPhone SE (1st generation)", "",
         "2020-10-18T11:42:26.303000+02:00"),
        ("raw/canon_30d_IMG_5952.cr2", "Canon EOS 30D", "1530910263", "2009-07-21T13:03:20+00:00"),
        ("raw/nikon_d80_DSC_064662.nef", "NIKON D80", "4020135",
         "2009-01-06T13:59:32.800000+00:00"),
        ("raw/sony_a55v_previewonly.arw", "SONY SLT-A55V", "", "2017-10-22T11:54:20+00:00"),
        ("raw-composite/composite_canon_r6.cr3", "Canon EOS R6", "072021007989",
         "2025-09-06T20:24:47.720000-08:00"),
        ("raw-composite/composite_fuji_s5pro.raf", "FUJIFILM FinePix S5Pro",
         "FPX20582698 592D313134360702198C0020100A84",
         "2007-05-22T13:58:30+00:00"),
        ("raw-composite/composite_panasonic_lx3.rw2", "Panasonic DMC-LX3", "",
         "2008-08-06T15:21:56+00:00"),
        ("raw-composite/composite_pentax_k3ii.pef",
         "PENTAX K-3 II", "6211161", "2021-02-05T10:56:53+00:00"),
        ("raw-composite/synthetic_olympus_IIRO.orf", "OLYMPUS E-M10", "",
         "2019-06-01T12:00:00+00:00"),
        ("raw-composite/synthetic_samsung_nx300.srw", "SAMSUNG NX300", "",
         "2014-05-01T10:00:00+00:00"),
    ],
)  # fmt: skip
def test_every_raw_format_tells_its_camera_and_time(name, camera, serial, taken_at):
    path = sample_path(f"good/{name}")
    with path.open("rb") as file:
        metadata = read_metadata(file, FORMATS[path.suffix[1:]])

    assert metadata.camera == camera
    assert metadata.serial == serial
    assert metadata.taken_at == datetime.fromisoformat(taken_at)


@pytest.mark.samples
def test_no_sample_raises_or_takes_long():
    slowest = 0.0
    for sample in samples("bad/"):
        format = format_by_extension(sample.name)
        if format is None:
            continue
        with sample.path.open("rb") as file:
            started = time.process_time()
            metadata = read_metadata(file, format)
            slowest = max(slowest, time.process_time() - started)
        assert isinstance(metadata, PhotoMetadata)

    assert slowest < 0.5


@settings(max_examples=300, deadline=1000)
@given(
    st.sampled_from(["jpeg", "png", "tiff", "cr3", "raf", "rw2", "nef", "orf"]),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=40),
    st.integers(0, 2000),
)
def test_no_damage_to_a_header_raises(format, changes, length):
    data = bytearray(exif_file(format if format in {"png", "tiff"} else "jpeg").getvalue())
    if format == "cr3":
        data = bytearray(canon_file(bytes(exif_file("tiff").getvalue())))
    if format in {"rw2", "nef", "orf"}:
        data = bytearray(exif_file("tiff").getvalue())
    for position, value in changes:
        data[position % len(data)] = value

    assert isinstance(
        read_metadata(io.BytesIO(bytes(data[: max(1, length)])), FORMATS[format]), PhotoMetadata
    )


def canon_file(tiff):
    def box(name, content):
        return (len(content) + 8).to_bytes(4, "big") + name + content

    uuid = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    metadata = box(b"CMT1", tiff)
    return box(b"ftyp", b"crx \0\0\0\1") + box(b"moov", box(b"uuid", uuid + metadata))


def test_canon_boxes_hold_the_metadata():
    file = io.BytesIO(canon_file(exif_file("tiff").getvalue()))

    assert read_metadata(file, FORMATS["cr3"]).camera == "Canon EOS R5"


def test_a_storage_that_fails_is_not_taken_for_a_photo_without_metadata():
    class Failing(io.BytesIO):
        def read(self, *args):
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        read_metadata(Failing(b"x" * 100), FORMATS["jpeg"])


def test_scans_are_counted_in_progressive_pictures_only():
    def saved(is_progressive):
        buffer = io.BytesIO()
        Image.effect_noise((200, 200), 60).convert("RGB").save(
            buffer, "JPEG", progressive=is_progressive
        )
        return buffer

    assert count_scans(saved(False), 1000) == 1
    assert 5 < count_scans(saved(True), 1000) < 20
