"""The note that an edited picture carries of its making, in its XMP packet.

What other programs wrote into the packet stays. The note is one property, a list of edits as JSON, newest
last: an edited picture that is edited again tells of both.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from editgan.core.files import parse_json

NAMESPACE = "urn:editgan:1:"  # of the property; the number is its format's
PROPERTY = "edits"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"  # what other programs know such pictures by
PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="' + RDF + '"></rdf:RDF></x:xmpmeta>'
    '<?xpacket end="w"?>'
)
OPENING = f'<rdf:Description rdf:about="" xmlns:editgan="{NAMESPACE}"'
END, CLOSING = "</rdf:Description>", "</rdf:RDF>"

Note = Mapping[str, Any]  # what one edit says of itself, JSON-able


def with_note(packet: bytes | None, note: Note) -> bytes:
    """The packet of a picture that was edited so; one that cannot be read is replaced."""
    notes = [*notes_in(packet), note]
    made = _with_notes(_without_notes(packet), notes)
    return made if notes_in(made) == notes else _with_notes(PACKET, notes)


def notes_in(packet: bytes | None) -> Sequence[Note]:
    """What edits say of themselves, oldest first; none in a packet without a note, or one that is damaged."""
    if (
        packet is None or NAMESPACE.encode() not in packet or b"<!DOCTYPE" in packet
    ):  # its entities may explode
        return []
    name = f"{{{NAMESPACE}}}{PROPERTY}"
    try:
        tree = ElementTree.fromstring(packet.decode().strip("\ufeff\0 \n"))
        elements = list(tree.iter())
        said = [e.text for e in elements if e.tag == name] + [e.get(name) for e in elements]
        notes = [note for text in said if text for note in parse_json(text)]
    except (ElementTree.ParseError, ValueError, TypeError):
        return []
    return [note for note in notes if isinstance(note, dict)]


def _with_notes(packet: str, notes: Sequence[Note]) -> bytes:
    is_sample = notes[-1].get("seed") is not None
    kind = "trainedAlgorithmicMedia" if is_sample else "compositeWithTrainedAlgorithmicMedia"
    before, _, after = packet.rpartition(CLOSING)
    block = (
        f'{OPENING} xmlns:Iptc4xmpExt="{IPTC}" Iptc4xmpExt:DigitalSourceType="{SOURCES}{kind}">'
        f"<editgan:{PROPERTY}>{escape(json.dumps(notes))}</editgan:{PROPERTY}>{END}"
    )
    return (before + block + CLOSING + after).encode()


def _without_notes(packet: bytes | None) -> str:
    try:
        text = "" if packet is None else packet.decode()
    except UnicodeDecodeError:
        return ""
    while (start := text.find(OPENING)) >= 0 and (end := text.find(END, start)) >= 0:
        text = text[:start] + text[end + len(END) :]
    return text
