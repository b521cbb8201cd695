"""XMP sidecars: the client's hearts and notes as rating, label, keywords and instructions.

New ones are written from nothing. Those that a photographer brings are somebody's file: they are
parsed without entities, network and huge trees, and whatever is not ours in them stays as it is.

Sources: XMP specification part 1 (ISO 16684-1: packets, rdf:Description, arrays), part 2 (Rating,
Label, dc:subject), and IPTC Photo Metadata, "Instructions" (photoshop:Instructions), which is
where a note to whoever edits belongs: a caption would be published.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from ..exceptions import SidecarRefused

# A sidecar with a hundred painted masks has some megabytes.
MAX_SIDECAR_BYTES = 8 * 1024 * 1024
LABELS = ("Red", "Yellow", "Green", "Blue", "Purple")
TOOLKIT = "PumbaPhoto"

X = "adobe:ns:meta/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = "http://ns.adobe.com/xap/1.0/"
DC = "http://purl.org/dc/elements/1.1/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
PREFIXES = {"x": X, "rdf": RDF, "xmp": XMP, "dc": DC, "photoshop": PHOTOSHOP}
for _prefix, _namespace in PREFIXES.items():
    etree.register_namespace(_prefix, _namespace)
ARRAYS = ("Bag", "Seq", "Alt")

# The packet's wrapper is the same in every file (part 1, 7.3.2).
_BEGIN = ("xpacket", 'begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"')
_END = ("xpacket", 'end="w"')


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What a sidecar is to say of a photograph.

    ``rating`` is 1 to 5 and ``label`` one of ``LABELS``; 0 and "" leave what is there.
    ``instructions`` are the clients' notes.
    """

    rating: int = 0
    label: str = ""
    keywords: tuple[str, ...] = ()
    instructions: str = ""


def new_sidecar(marks: Marks, *, now: datetime) -> bytes:
    """A sidecar of nothing but ``marks``, as UTF-8."""
    root = etree.Element(_name(X, "xmpmeta"), {_name(X, "xmptk"): TOOLKIT}, {"x": X})
    rdf = etree.SubElement(root, _name(RDF, "RDF"), nsmap={"rdf": RDF})
    etree.SubElement(
        rdf,
        _name(RDF, "Description"),
        {_name(RDF, "about"): ""},
        {name: PREFIXES[name] for name in ("xmp", "dc", "photoshop")},
    )
    _mark(rdf, marks, now)
    root.addprevious(etree.ProcessingInstruction(*_BEGIN))
    root.addnext(etree.ProcessingInstruction(*_END))
    return _written(root)


def merged_sidecar(data: bytes, marks: Marks, *, now: datetime) -> bytes:
    """The sidecar ``data`` with ``marks``; all else in it stays.

    Rating and label are replaced, keywords added, and notes put below the instructions that are
    there. Doing it again changes nothing but the date. Raises SidecarRefused for what is no
    sidecar, or none that can be read safely.
    """
    rdf = _description_list(_parsed(data))
    _mark(rdf, marks, now)
    return _written(rdf.getroottree().getroot())


# --- Reading -------------------------------------------------------------------------------------


def _parsed(data: bytes) -> etree._Element:
    if len(data) > MAX_SIDECAR_BYTES:
        raise SidecarRefused
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SidecarRefused from error
    # No sidecar has a document type; entities are only ever declared in one.
    if root.getroottree().docinfo.doctype:
        raise SidecarRefused
    return root


def _description_list(root: etree._Element) -> etree._Element:
    """The rdf:RDF of a packet: its root, or the child of x:xmpmeta."""
    found = root if root.tag == _name(RDF, "RDF") else root.find(_name(RDF, "RDF"))
    if found is None:
        raise SidecarRefused
    return found


# --- Writing -------------------------------------------------------------------------------------


def _mark(rdf: etree._Element, marks: Marks, now: datetime) -> None:
    if marks.rating:
        _set(rdf, XMP, "Rating", str(marks.rating))
    if marks.label:
        _set(rdf, XMP, "Label", marks.label)
    if marks.keywords:
        _add_keywords(rdf, marks.keywords)
    if notes := _xml_text(marks.instructions).strip():
        present = _get(rdf, PHOTOSHOP, "Instructions")
        if notes not in present:
            _set(rdf, PHOTOSHOP, "Instructions", f"{present}\n{notes}".strip())
    # By this programs see that the sidecar is newer than what they know.
    _set(rdf, XMP, "MetadataDate", now.isoformat(timespec="seconds"))


def _descriptions(rdf: etree._Element) -> list[etree._Element]:
    return rdf.findall(_name(RDF, "Description"))


def _description(rdf: etree._Element) -> etree._Element:
    """The first, to which new properties go."""
    found = _descriptions(rdf)
    return (
        found[0]
        if found
        else etree.SubElement(rdf, _name(RDF, "Description"), {_name(RDF, "about"): ""})
    )


def _get(rdf: etree._Element, namespace: str, name: str) -> str:
    """A simple property, written as an attribute or as an element (part 1, 7.9.2.2)."""
    for description in _descriptions(rdf):
        if (value := description.get(_name(namespace, name))) is not None:
            return value
        if (element := description.find(_name(namespace, name))) is not None:
            return "".join(element.itertext()).strip()
    return ""


def _set(rdf: etree._Element, namespace: str, name: str, value: str) -> None:
    """Where it stands already, in the form it stands in; and nowhere twice."""
    qualified, is_set = _name(namespace, name), False
    for description in _descriptions(rdf):
        if qualified in description.attrib:
            if is_set:
                del description.attrib[qualified]
            else:
                description.set(qualified, value)
            is_set = True
        for element in description.findall(qualified):
            if is_set:
                _remove(element)
            else:
                for child in element:
                    element.remove(child)
                element.text = value
            is_set = True
    if not is_set:
        _description(rdf).set(qualified, value)


def _add_keywords(rdf: etree._Element, keywords: Iterable[str]) -> None:
    subject = next(
        (
            found
            for description in _descriptions(rdf)
            if (found := description.find(_name(DC, "subject"))) is not None
        ),
        None,
    )
    if subject is None:
        subject = etree.SubElement(_description(rdf), _name(DC, "subject"), nsmap={"dc": DC})
    array = next(
        (found for kind in ARRAYS if (found := subject.find(_name(RDF, kind))) is not None), None
    )
    if array is None:
        array = etree.SubElement(subject, _name(RDF, "Bag"))
    present = {"".join(item.itertext()).strip() for item in array}
    for keyword in keywords:
        text = _xml_text(keyword).strip()
        if text and text not in present:
            present.add(text)
            etree.SubElement(array, _name(RDF, "li")).text = text


def _remove(element: etree._Element) -> None:
    element.getparent().remove(element)


def _written(root: etree._Element) -> bytes:
    tree = root.getroottree()
    # Without a declaration, which the packet's wrapper does not allow before itself.
    return etree.tostring(tree, encoding="UTF-8", xml_declaration=False)


def _xml_text(text: str) -> str:
    """What XML 1.0 can hold; line ends as it reads them."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in lines if _is_xml(ord(letter)))


def _is_xml(code: int) -> bool:
    return (
        code in (0x9, 0xA)
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or 0x10000 <= code <= 0x10FFFF
    )


def _name(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"
