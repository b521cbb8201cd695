"""What files say of where they come from: real ones, made ones, and hostile ones."""

import io
import json
import shutil
import subprocess
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import IFD, Base

from pumbaphoto_wagtail.intake.formats import FORMATS, format_by_extension
from pumbaphoto_wagtail.intake.identity import read_identity
from tests.samples import sample_path

LIGHTROOM = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description rdf:about=""
 xmpMM:DocumentID="xmp.did:2e6cb1ea-a146-467e-9a17" xmpMM:InstanceID="xmp.iid:2e6cb1ea-a146"
 xmpMM:OriginalDocumentID="C14D077D119C7F5828CC22B9033280B7"
 xmpMM:PreservedFileName="_2MV4866.NEF" crs:RawFileName="_2MV4866.NEF"
 exif:DateTimeOriginal="2021-06-27T18:23:07.64" photoshop:DateCreated="2021-06-27T18:23:07.064"
 aux:SerialNumber="2037757" aux:ImageNumber="815680">
 <xmpMM:DerivedFrom stRef:instanceID="xmp.iid:parent-1" stRef:documentID="xmp.did:parent-2"
  stRef:originalDocumentID="C14D077D119C7F5828CC22B9033280B7"/>
 </rdf:Description></rdf:RDF></x:xmpmeta>"""


def picture(xmp="", exif=None, format="JPEG"):
    buffer = io.BytesIO()
    options = {"xmp": xmp.encode()} if xmp else {}
    if exif:
        tags = Image.Exif()
        tags.get_ifd(IFD.Exif).update(exif)
        options["exif"] = tags
    Image.new("RGB", (8, 8)).save(buffer, format, **options)
    return buffer


def identity(xmp="", exif=None):
    return read_identity(picture(xmp, exif), FORMATS["jpeg"])


def test_all_that_lightroom_writes_is_read():
    assert identity(LIGHTROOM) == {
        "raw_file_name": "_2MV4866.NEF",
        "preserved_file_name": "_2MV4866.NEF",
        "document_id": "xmp.did:2e6cb1ea-a146-467e-9a17",
        "original_document_id": "C14D077D119C7F5828CC22B9033280B7",
        "instance_id": "xmp.iid:2e6cb1ea-a146",
        "derived_from": "C14D077D119C7F5828CC22B9033280B7",
        "taken_at": "2021-06-27T18:23:07.640000",
        "serial": "2037757",
        "shutter_count": 815680,
    }


def test_the_cameras_own_tags_come_first():
    exif = {
        Base.DateTimeOriginal: "2026:06:13 14:05:09",
        Base.SubsecTimeOriginal: "42",
        Base.OffsetTimeOriginal: "+02:00",
        Base.BodySerialNumber: "012345",
    }
    found = identity(LIGHTROOM, exif)
    assert (found["taken_at"], found["serial"]) == ("2026-06-13T14:05:09.420000", "012345")


def test_the_time_of_saving_is_no_time_of_capture():
    tags = Image.Exif()
    tags[Base.DateTime] = "2026:06:13 14:05:09"
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=tags)
    assert read_identity(buffer, FORMATS["jpeg"]) == {}
    assert identity('<rdf:Description xmp:CreateDate="2026-06-13T14:05:09"/>') == {}


def test_what_was_placed_in_a_document_is_not_the_document():
    xmp = """<rdf:Description><xmpMM:Ingredients><rdf:li stRef:documentID="xmp.did:flowers-1"/>
      </xmpMM:Ingredients><xmpMM:Pantry><rdf:Bag><rdf:Description xmpMM:DocumentID="xmp.did:flowers"
      crs:RawFileName="flowers.CR2"/></rdf:Bag></xmpMM:Pantry>
      <xmpMM:DocumentID>xmp.did:collage-1</xmpMM:DocumentID></rdf:Description>"""
    assert identity(xmp) == {"document_id": "xmp.did:collage-1"}


def test_a_file_that_tells_nothing_has_no_identity():
    assert identity() == {}


@pytest.mark.parametrize(
    "xmp",
    [
        ' xmpMM:DocumentID="short"',
        f' xmpMM:DocumentID="{"x" * 300}"',
        ' xmpMM:DocumentID="with blanks inside it"',
        ' aux:ImageNumber="0"',
        ' aux:ImageNumber="-5"',
        ' aux:ImageNumber="²²²"',
        ' aux:ImageNumber="99999999999999999999"',
        ' exif:DateTimeOriginal="2026-99-99T00:00:00"',
        ' exif:DateTimeOriginal="2026"',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><crs:RawFileName></crs:RawFileName>',
    ],
)
def test_what_is_no_such_thing_is_left_out(xmp):
    assert identity(f"<rdf:Description {xmp}/>") == {}


@pytest.mark.parametrize(
    "piece",
    [
        "<xmpMM:DerivedFrom",
        "<xmpMM:Pantry>",
        "</xmpMM:Pantry>",
        '<a stRef:documentID="',
        '<a xmpMM:DocumentID="' + "x" * 300 + '" crs:RawFileName="' + "ä" * 300 + '"/>',
    ],
)
def test_a_hostile_packet_costs_little_and_stays_small(piece):
    # A PNG, since a JPEG's packet cannot be that long.
    from PIL.PngImagePlugin import PngInfo

    info, buffer = PngInfo(), io.BytesIO()
    info.add_itxt("XML:com.adobe.xmp", piece * (400_000 // len(piece)))
    Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=info)
    started = time.process_time()
    found = read_identity(buffer, FORMATS["png"])
    assert time.process_time() - started < 1
    assert len(json.dumps(found, ensure_ascii=False)) < 1500


@given(st.binary(max_size=600))
def test_no_bytes_make_it_fail(noise):
    xmp = b' crs:RawFileName="a' + noise + b'"<xmpMM:DerivedFrom ' + noise
    buffer = io.BytesIO()
    Image.new("RGB", (1, 1)).save(buffer, "JPEG", xmp=xmp)
    found = read_identity(buffer, FORMATS["jpeg"])
    # PostgreSQL takes no NUL in JSON, and no lone surrogates.
    assert "\\u0000" not in json.dumps(found)
    json.dumps(found, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "good/jpeg/colour/displayp3_nikond3s_iptc.jpg",
            {
                "raw_file_name": "_2MV4866.NEF",
                "original_document_id": "C14D077D119C7F5828CC22B9033280B7",
                "derived_from": "C14D077D119C7F5828CC22B9033280B7",
                "taken_at": "2021-06-27T18:23:07.640000",
                "serial": "2037757",
                "shutter_count": 815680,
            },
        ),
        (
            "good/tiff/rgb8_be_sunrise.tif",
            {"raw_file_name": "Torremolinos-62-Edit.tif", "document_id": "xmp.did:a06051ab"},
        ),
        ("good/raw/nikon_d80_DSC_064662.nef", {"serial": "4020135", "shutter_count": 64662}),
        ("good/raw-stubs/nikon_d70_stub.nef", {"shutter_count": 3619}),
        ("good/raw/canon_eos_6d_small.dng", {"raw_file_name": "IMG_2533.CR2", "shutter_count": ""}),
        ("good/raw-stubs/canon_m50_stub.cr3", {"taken_at": "2018-02-21T12:08:56.210000"}),
    ],
)
def test_real_files_say_who_they_are(name, expected):
    path = sample_path(name)
    with path.open("rb") as file:
        found = read_identity(file, format_by_extension(path.name))
    for key, value in expected.items():
        told = found.get(key, "")
        assert told.startswith(value) if isinstance(value, str) and value else told == value


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_what_exiftool_writes_is_read_in_its_own_serialisation(tmp_path):
    path = tmp_path / "edit.jpg"
    path.write_bytes(picture().getvalue())
    told = {
        "XMP-crs:RawFileName": "IMG_4521.CR2",
        "XMP-xmpMM:PreservedFileName": "IMG_4521.CR2",
        "XMP-xmpMM:OriginalDocumentID": "C14D077D119C7F5828CC22B9033280B7",
        "XMP-xmpMM:DerivedFromOriginalDocumentID": "ED7178F478F8046B6D2312C68F924301",
        "EXIF:DateTimeOriginal": "2026:06:13 14:05:09",
        "EXIF:SubSecTimeOriginal": "37",
        "EXIF:SerialNumber": "012345",
    }
    tags = [f"-{tag}={value}" for tag, value in told.items()]
    subprocess.run(["exiftool", "-q", "-overwrite_original", *tags, path], check=True)
    with path.open("rb") as file:
        assert read_identity(file, FORMATS["jpeg"]) == {
            "raw_file_name": "IMG_4521.CR2",
            "preserved_file_name": "IMG_4521.CR2",
            "original_document_id": "C14D077D119C7F5828CC22B9033280B7",
            "derived_from": "ED7178F478F8046B6D2312C68F924301",
            "taken_at": "2026-06-13T14:05:09.370000",
            "serial": "012345",
        }
