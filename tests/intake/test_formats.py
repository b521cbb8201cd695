import io
import struct

import pytest
from PIL import Image

from pumbaphoto_wagtail.conf import DEFAULTS
from pumbaphoto_wagtail.exceptions import FileRefused
from pumbaphoto_wagtail.intake.formats import (
    FORMATS,
    check_content,
    check_extension,
    format_by_extension,
    sniff,
)
from tests.samples import samples

ALL = DEFAULTS["ALLOWED_FORMATS"]


def picture(format, **options):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, format, **options)
    return buffer.getvalue()


def tiff(*tags, order="<", first_offset=8):
    """A TIFF of one directory; each tag is its number, type, count and four bytes or a text."""
    body, table = b"", b""
    data_start = first_offset + 2 + 12 * len(tags) + 4
    for number, type_, count, value in tags:
        if isinstance(value, bytes):
            count, offset = len(value), data_start + len(body)
            body += value
            table += struct.pack(order + "HHII", number, type_, count, offset)
        else:
            packed = struct.pack(order + ("H2x" if type_ == 3 else "I"), value)
            table += struct.pack(order + "HHI", number, type_, count) + packed
    magic = b"II*\0" if order == "<" else b"MM\0*"
    head = magic + struct.pack(order + "I", first_offset)
    directory = struct.pack(order + "H", len(tags)) + table + bytes(4)
    return head.ljust(first_offset, b"\0") + directory + body


def maker(name):
    return (271, 2, 0, name.ljust(8, b"\0"))


REDUCED, SUB_IFDS = (254, 4, 1, 1), (330, 4, 1, 64)
MOSAIC, DNG_VERSION = (262, 3, 1, 32803), (50706, 1, 4, 4)
BOX = struct.pack(">I", 24) + b"ftyp"

FILES = {
    "jpeg": picture("JPEG"),
    "png": picture("PNG"),
    "tiff": picture("TIFF"),
    "cr2": b"II*\0\x10\0\0\0CR\x02\0" + bytes(20),
    "cr3": BOX + b"crx \0\0\0\1crx isom",
    "raf": b"FUJIFILMCCD-RAW 0201" + bytes(100),
    "rw2": b"IIU\0\x18\0\0\0" + bytes(40),
    "orf": b"IIRO\x08\0\0\0" + bytes(40),
    "dng": tiff(maker(b"NIKON"), DNG_VERSION),
    "nef": tiff(REDUCED, maker(b"NIKON CORPORATION\0"), SUB_IFDS, order=">"),
    "arw": tiff(REDUCED, maker(b"SONY \0"), SUB_IFDS),
    "pef": tiff(MOSAIC, maker(b"RICOH IMAGING")),
    "srw": tiff(maker(b"SAMSUNG\0"), SUB_IFDS),
}


def refusal(content, file_name, allowed=ALL):
    with pytest.raises(FileRefused) as caught:
        check_content(io.BytesIO(content), file_name, allowed)
    return str(caught.value)


def test_every_allowed_format_is_known_and_the_other_way_round():
    assert set(ALL) == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_accepted_under_its_own_extension(name):
    assert check_content(io.BytesIO(FILES[name]), f"IMG_1.{name.upper()}", ALL).name == name


@pytest.mark.parametrize("claimed", FORMATS)
@pytest.mark.parametrize("found", FORMATS)
def test_no_format_is_accepted_under_anothers_extension(claimed, found):
    if claimed != found:
        assert FORMATS[claimed].label in refusal(FILES[found], f"a.{claimed}")


@pytest.mark.parametrize("magic", [b"IIRS\x08\0\0\0", b"MMOR\0\0\0\x08"])
def test_the_other_olympus_magic_words_are_known(magic):
    assert sniff(io.BytesIO(magic + bytes(40))) == "orf"


@pytest.mark.parametrize("magic", [b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0"])
def test_big_tiff_is_a_tiff(magic):
    assert sniff(io.BytesIO(magic + struct.pack("<Q", 16) + bytes(40))) == "tiff"


@pytest.mark.parametrize(
    "content",
    [
        tiff(maker(b"NIKON CORPORATION\0")),
        tiff(maker(b"SONY\0"), SUB_IFDS),
        tiff(maker(b"RICOH IMAGING\0"), (262, 3, 1, 2)),
        tiff(maker(b"SAMSUNG\0")),
    ],
)
def test_a_tiff_exported_from_a_raw_keeps_the_maker_and_stays_a_tiff(content):
    assert sniff(io.BytesIO(content)) == "tiff"


def test_a_directory_at_the_end_of_the_file_is_found():
    content = tiff(maker(b"Google\0"), DNG_VERSION, first_offset=3_400_000)

    assert sniff(io.BytesIO(content)) == "dng"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7\n", "This is a PDF, not a JPEG."),
        (b"GIF89a\1\0\1\0", "GIF"),
        (b"RIFF\x1a\0\0\0WEBPVP8L", "WebP"),
        (b"BM" + bytes(30), "BMP"),
        (b"PK\x03\x04" + bytes(30), "ZIP archive"),
        (b"MZ\x90\0" + bytes(30), "program"),
        (b"8BPS\0\1", "Photoshop"),
        (b"<svg onload='x'>", "SVG drawing"),
        (b"<!DOCTYPE html>", "web page"),
        (b"\xef\xbb\xbf<HTML>", "web page"),
        (b"<?xpacket begin=''?>", "sidecar"),
        (b"<?php echo 1", "text"),
        (b"RIFF\x1a\0\0\0AVI LIST", "video"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video"),
        (b"\x1aE\xdf\xa3" + bytes(30), "video"),
        (b"AT&TFORM" + bytes(30), "DjVu"),
        (b"SIMPLE  =" + bytes(30), "FITS"),
        (b"FOVb" + bytes(30), "Sigma X3F"),
        (b"II\x1a\0\0\0HEAPCCDR", "Canon CRW"),
        (b"\xc5\xd0\xd3\xc6" + bytes(30), "PostScript"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (BOX + b"qt  \0\0\0\0qt  ", "video"),
        (BOX + b"avif\0\0\0\0mif1", "AVIF"),
        (b"\xff\xd8\xff<script>alert(1)</script>", "web page"),
        (bytes(64), "not JPEG"),
        (b"", "not JPEG"),
        (b"\xff", "not JPEG"),
    ],
)
def test_a_refusal_says_what_the_file_is(content, words):
    assert words in refusal(content, "a.jpg")


@pytest.mark.parametrize("name", ["IMG_1.HEIC", "IMG_1.jpg"])
def test_a_heic_is_refused_with_advice(name):
    assert "Export it as JPEG" in refusal(BOX + b"heic\0\0\0\0mif1heic", name)


@pytest.mark.parametrize(
    "name", ["a.jpg.php", "a.html", "a.exe", "photo\u202egpj.exe", "a.gif", "a.jpg\u200b.exe"]
)
def test_other_extensions_are_refused_by_name(name):
    extension = name.rpartition(".")[2]

    assert f".{extension} files are not accepted" in refusal(FILES["jpeg"], name)


@pytest.mark.parametrize(
    ("extension", "words"),
    [
        ("heic", "Export it as JPEG"),
        ("HIF", "Export it as JPEG"),
        ("psd", "Export the picture as JPEG or TIFF"),
        ("svg", "Export the picture as JPEG or TIFF"),
        ("gif", "Save the picture as JPEG or PNG"),
        ("WebP", "Save the picture as JPEG or PNG"),
        ("avif", "Save the picture as JPEG or PNG"),
        ("MP4", "not for videos"),
        ("mov", "not for videos"),
        ("xmp", "no picture"),
        ("zip", "Unpack the archive"),
        ("nrw", "Convert them to DNG"),
        ("iiq", "Phase One IIQ files are not accepted"),
        ("exe", "Accepted are JPEG, PNG, TIFF"),
    ],
)
def test_a_name_alone_is_refused_with_what_to_do_instead(extension, words):
    with pytest.raises(FileRefused, match=words):
        check_extension(f"IMG_4521.{extension}", ALL)


def test_a_kind_that_is_set_in_another_files_box_is_not_read_beyond_it():
    # "heic" behind the box of brands belongs to the film, not to its kind.
    assert sniff(io.BytesIO(struct.pack(">I", 16) + b"ftypisom\0\0\0\0heic")) == "video"


@pytest.mark.parametrize("name", ["a.jpg", "a.JFIF", "DSCF1.MPO", "a.jpe"])
def test_every_ending_of_a_jpeg_is_known(name):
    assert check_content(io.BytesIO(FILES["jpeg"]), name, ALL).name == "jpeg"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("first_offset", [8, 12, 5000, 3_400_000])
@pytest.mark.parametrize(
    ("format", "tags"),
    [
        ("nef", (REDUCED, maker(b"NIKON CORPORATION\0"), SUB_IFDS)),
        ("arw", (REDUCED, maker(b"SONY\0"), SUB_IFDS)),
        ("pef", (MOSAIC, maker(b"PENTAX Corporation\0"))),
        ("pef", ((259, 3, 1, 65535), maker(b"RICOH IMAGING\0"))),
        ("srw", (maker(b"SAMSUNG\0"), SUB_IFDS)),
        ("dng", (maker(b"SONY\0"), REDUCED, SUB_IFDS, DNG_VERSION)),
        ("dng", (maker(b"RICOH\0"), MOSAIC, DNG_VERSION)),
    ],
)
def test_a_raw_is_known_in_both_byte_orders_wherever_its_directory_is(
    format, tags, first_offset, order
):
    assert sniff(io.BytesIO(tiff(*tags, order=order, first_offset=first_offset))) == format


def test_a_raw_in_a_big_tiff_is_known():
    entry = struct.pack("<HHQ4B4x", 50706, 1, 4, 1, 7, 1, 0)
    content = b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 1) + entry + bytes(8)

    assert sniff(io.BytesIO(content)) == "dng"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        # Canon's directory without Canon's mark, and the mark of another version.
        (b"II*\0\x10\0\0\0" + bytes(60), "tiff"),
        (b"II*\0\x10\0\0\0CR\x03\0" + bytes(60), "tiff"),
        (b"MM\0*\0\0\0\x10CR\x02\0" + bytes(60), "tiff"),
        # Directories that lead in a ring, into the header, or beyond the end.
        (b"II*\0\0\0\0\0" + bytes(60), "tiff"),
        (b"II*\0\x04\0\0\0" + bytes(60), "tiff"),
        (b"II*\0\xff\xff\xff\xff" + bytes(60), "tiff"),
        (b"II+\0\x08\0\0\0" + b"\xff" * 8 + bytes(60), "tiff"),
        (b"II*\0\x08\0\0\0\xff\xff" + b"\xff" * 60, "tiff"),
    ],
)
def test_a_structure_that_says_nothing_is_a_plain_tiff(content, found):
    assert sniff(io.BytesIO(content)) == found


def test_a_directory_of_65535_entries_is_read_to_its_limit_and_no_further():
    entries = struct.pack("<HHII", 271, 2, 4, 0) * 65535
    content = b"II*\0\x08\0\0\0\xff\xff" + entries
    reads = []

    class Watched(io.BytesIO):
        def read(self, size=-1):
            reads.append(size)
            return super().read(size)

    assert sniff(Watched(content)) == "tiff"
    assert len(reads) < 5000
    assert sum(reads) < 100_000


@pytest.mark.parametrize("length", range(0, 120, 3))
@pytest.mark.parametrize("format", ["nef", "dng", "cr2", "cr3", "raf", "pef"])
def test_a_header_cut_anywhere_is_refused_or_known_but_never_another_format(format, length):
    assert sniff(io.BytesIO(FILES[format][:length])) in {format, "tiff", "video", "text", None}


@pytest.mark.parametrize("name", ["a", "", "..", "IMG 1. jpg"])
def test_a_name_without_extension_is_refused(name):
    assert "no ending" in refusal(FILES["jpeg"], name)


@pytest.mark.parametrize("name", ["a.JPG", "a.jpeg", "a.jpg.", "a.jpg ", ".jpg", "x/y.JpE"])
def test_f7_extensions_are_read_in_any_case_and_behind_any_path(name):
    assert format_by_extension(name) is FORMATS["jpeg"]


def test_a_format_the_site_leaves_out_is_refused():
    with pytest.raises(FileRefused, match="PNG files are not accepted on this site"):
        check_extension("a.png", ("jpeg",))


def test_a_tiff_named_as_a_raw_is_refused_as_either_tiff_or_damaged():
    assert "plain TIFF or a damaged file, not a Nikon NEF" in refusal(FILES["tiff"], "a.nef")


@pytest.mark.samples
def test_every_good_sample_is_what_it_says():
    refused = {}
    for sample in samples("good/"):
        with sample.path.open("rb") as file:
            try:
                check_content(file, sample.name, ALL)
            except FileRefused as error:
                refused[sample.name] = str(error)

    assert refused == {}


@pytest.mark.samples
def test_every_sample_that_is_refused_by_type_is_refused():
    accepted = set()
    for sample in samples("bad/"):
        # Bombs are refused too, by their pixels, when they are rendered.
        if sample.expectation == "REJECT" and "bomb_" not in sample.name:
            with sample.path.open("rb") as file:
                try:
                    check_content(file, sample.name, ALL)
                    accepted.add(sample.name)
                except FileRefused:
                    pass

    assert accepted == set()
