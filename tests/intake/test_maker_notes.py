"""Serial numbers and lenses from makers' notes, written here as each maker writes them."""

import io
import struct

import pytest

from pumbaphoto_wagtail.intake.formats import FORMATS
from pumbaphoto_wagtail.intake.metadata import read_metadata
from tests.samples import sample_path

NOTE_START = 200


def directory(tags, *, order, start):
    """A directory that stands at ``start`` of whatever its offsets are counted from."""
    table, body = struct.pack(order + "H", len(tags)), b""
    behind = start + 2 + 12 * len(tags) + 4
    for tag, (type_, count, data) in sorted(tags.items()):
        if len(data) > 4:
            place = struct.pack(order + "I", behind + len(body))
            body += data
        else:
            place = data.ljust(4, b"\0")
        table += struct.pack(order + "HHI", tag, type_, count) + place
    return table + bytes(4) + body


def text(value):
    data = value.encode() + b"\0"
    return 2, len(data), data


def undefined(value):
    return 7, len(value), value


def long(value, order="<"):
    return 4, 1, struct.pack(order + "I", value)


def fractions(*values, order="<"):
    return 5, len(values), b"".join(struct.pack(order + "II", round(v * 10), 10) for v in values)


def camera_file(make, note, order="<"):
    """A TIFF structure of a camera whose maker's note stands at NOTE_START."""
    exif_start = 100
    pointer = (4, 1, struct.pack(order + "I", exif_start))
    first = directory({271: text(make), 34665: pointer}, order=order, start=8)
    exif = struct.pack(order + "HHHII", 1, 37500, 7, len(note), NOTE_START) + bytes(4)
    magic = b"II*\0" if order == "<" else b"MM\0*"
    head = (magic + struct.pack(order + "I", 8) + first).ljust(exif_start, b"\0")
    return (head + exif).ljust(NOTE_START, b"\0") + note


def canon(order):
    tags = {0x0C: long(1530910263, order), 0x95: text("EF-S18-55mm f/3.5-5.6")}
    return "Canon", directory(tags, order=order, start=NOTE_START)


def nikon(order):
    tags = {0x1D: text("No= 4020135"), 0x84: fractions(18, 70, 3.5, 4.5, order=order)}
    magic = b"II*\0" if order == "<" else b"MM\0*"
    inner = magic + struct.pack(order + "I", 8) + directory(tags, order=order, start=8)
    return "NIKON CORPORATION", b"Nikon\0\x02\x10\0\0" + inner


def old_nikon(order):
    tags = {0xA0: text("12345678"), 0x84: fractions(20, 20, 2.8, 2.8, order=order)}
    return "NIKON CORPORATION", directory(tags, order=order, start=NOTE_START)


def fujifilm(order):
    tags = directory({0x10: text("FPX 20582698 592D31")}, order="<", start=12)
    return "FUJIFILM", b"FUJIFILM" + struct.pack("<I", 12) + tags


def panasonic(order):
    tags = {0x25: undefined(b"F350807010058^\0\0")}
    note = directory(tags, order=order, start=NOTE_START + 12)
    return "Panasonic", b"Panasonic\0\0\0" + note


def olympus(order):
    return "OLYMPUS CORPORATION", _olympus(b"OLYMPUS\0", 12, order)


def om_system(order):
    return "OM Digital Solutions", _olympus(b"OM SYSTEM\0\0\0", 16, order)


def _olympus(head, start, order):
    head += (b"II" if order == "<" else b"MM") + b"\3\0"
    tags = {0x101: text("BHP12345"), 0x203: text("OLYMPUS M.25mm F1.8")}
    outer = directory({0x2010: (13, 1, struct.pack(order + "I", 64))}, order=order, start=start)
    return (head + outer).ljust(64, b"\0") + directory(tags, order=order, start=64)


def pentax(order):
    tags = directory({0x229: text("6211161")}, order=order, start=NOTE_START + 6)
    return "RICOH IMAGING COMPANY, LTD.", b"AOC\0" + (b"II" if order == "<" else b"MM") + tags


def newer_pentax(order):
    tags = directory({0x229: text("6211161")}, order=order, start=10)
    return "PENTAX", b"PENTAX \0" + (b"II" if order == "<" else b"MM") + tags


def sony(order):
    tags = directory({0x2031: text("78563401")}, order=order, start=NOTE_START + 12)
    return "SONY", b"SONY DSC \0\0\0" + tags


def sony_without_head(order):
    return "SONY", directory({0x2031: text("78563401")}, order=order, start=NOTE_START)


MAKERS = {
    canon: ("1530910263", "EF-S18-55mm f/3.5-5.6"),
    nikon: ("4020135", "18-70mm f/3.5-4.5"),
    old_nikon: ("12345678", "20mm f/2.8"),
    fujifilm: ("FPX 20582698 592D31", ""),
    panasonic: ("F350807010058", ""),
    olympus: ("BHP12345", "OLYMPUS M.25mm F1.8"),
    om_system: ("BHP12345", "OLYMPUS M.25mm F1.8"),
    pentax: ("6211161", ""),
    newer_pentax: ("6211161", ""),
    sony: ("01345678", ""),
    sony_without_head: ("01345678", ""),
}


def read(content):
    return read_metadata(io.BytesIO(content), FORMATS["nef"])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_each_makers_notes_tell_the_serial_number_and_the_lens(maker, order):
    metadata = read(camera_file(*maker(order), order=order))

    assert (metadata.serial, metadata.lens) == MAKERS[maker]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_notes_of_garbage_tell_nothing_and_raise_nothing(maker):
    make, note = maker("<")
    for place in range(0, len(note), 3):
        for wrong in (b"\0\0\0\0", b"\xff\xff\xff\xff"):
            damaged = note[:place] + wrong + note[place + 4 :]
            assert len(read(camera_file(make, damaged)).serial) <= 255
        read(camera_file(make, note[:place]))


def test_a_note_that_leads_back_into_itself_ends():
    note = b"OLYMPUS\0II\3\0" + directory(
        {0x2010: (13, 1, struct.pack("<I", 12))}, order="<", start=12
    )

    assert read(camera_file("OLYMPUS", note.ljust(64, b"\0"))).serial == ""


def test_another_makers_headless_notes_are_not_guessed_at():
    assert read(camera_file("Casio", canon("<")[1])).serial == ""


@pytest.mark.samples
@pytest.mark.parametrize(
    ("name", "serial", "lens"),
    [
        ("raw/canon_30d_IMG_5952.cr2", "1530910263", "EF-S18-55mm f/3.5-5.6"),
        ("raw/nikon_d80_DSC_064662.nef", "4020135", "10-20mm f/4-5.6"),
        ("raw-stubs/nikon_d70_stub.nef", "12345678", "18-70mm f/3.5-4.5"),
        ("raw-stubs/nikon_d1_cut.nef", "", "20mm f/2.8"),
        ("raw-composite/composite_pentax_k3ii.pef", "6211161", ""),
        ("raw-stubs/panasonic_lx3_stub.rw2", "F350807010058", ""),
        ("raw-composite/composite_fuji_s5pro.raf",
         "FPX20582698 592D313134360702198C0020100A84", ""),
        ("gallery/Canon EOS 1000D.jpg", "0330100138", "EF-S18-55mm f/3.5-5.6 IS"),
    ],
)  # fmt: skip
def test_real_cameras_tell_what_exiftool_reads(name, serial, lens):
    path = sample_path(f"good/{name}")
    with path.open("rb") as file:
        metadata = read_metadata(file, FORMATS[path.suffix[1:].lower().replace("jpg", "jpeg")])

    assert metadata.serial == serial
    assert metadata.lens == lens
