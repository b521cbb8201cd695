"""tus 1.0.0 on the wire: headers in, headers out. No database and no bytes here.

Source: the tus resumable upload protocol 1.0.0, sections Core Protocol, Creation, Checksum,
Expiration and Termination.
"""

from __future__ import annotations

import base64
import re
import uuid
from dataclasses import dataclass

VERSION = "1.0.0"
EXTENSIONS = "creation,termination,expiration,checksum"
CHECKSUM_ALGORITHMS = ("sha1", "sha256")
MAX_METADATA_BYTES = 4096
MAX_FILE_NAME_LENGTH = 1024

# Only ASCII digits, at most as many as a 64-bit number has: "+5", "0x10" and "١٢" are no offsets.
_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)
LARGEST_NUMBER = 2**63 - 1
# Header values are visible ASCII here; whatever else comes is no base64, and would be sent back.
_PRINTABLE = re.compile(r"[\x20-\x7e]*", re.ASCII)
_KEY = re.compile(r"[!-+\--~]{1,64}", re.ASCII)


class ProtocolError(Exception):
    """A request that breaks the protocol; ``status`` and ``headers`` are the answer it gets."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def require_version(text: str | None) -> None:
    """Raises ProtocolError 412 for any other version of the protocol than ours, or for none."""
    if text != VERSION:
        raise ProtocolError(412, f"this server speaks tus {VERSION}", Tus_Version=VERSION)


def parse_number(text: str | None, header: str) -> int:
    """A decimal number from 0 to 2^63 - 1. Raises ProtocolError 400."""
    if text is None or not _NUMBER.fullmatch(text) or int(text) > LARGEST_NUMBER:
        raise ProtocolError(400, f"{header} must be a number of bytes")
    return int(text)


@dataclass(frozen=True, kw_only=True)
class UploadMetadata:
    """What ``Upload-Metadata`` may say about a file; ``last_modified`` is milliseconds."""

    file_name: str
    relative_path: str = ""
    last_modified: int | None = None
    sha256: str = ""
    client_key: uuid.UUID | None = None
    batch: uuid.UUID | None = None
    purpose: str = ""
    raw: str = ""


def parse_metadata(header: str | None) -> UploadMetadata:
    """Read ``Upload-Metadata`` strictly: unique keys, base64 values in UTF-8, at most 4 KiB."""
    raw = header or ""
    if len(raw) > MAX_METADATA_BYTES:
        raise ProtocolError(400, "Upload-Metadata is too long")
    if not _PRINTABLE.fullmatch(raw):
        raise ProtocolError(400, "Upload-Metadata is not ASCII")
    values = _metadata_values(raw)
    # A name may be empty, as some cameras' apps send it, but not left out.
    file_name = values.get("filename") or values.get("name", values.get("filename"))
    if file_name is None or len(file_name) > MAX_FILE_NAME_LENGTH:
        raise ProtocolError(400, "Upload-Metadata must name the file")
    modified = values.get("lastModified")
    return UploadMetadata(
        file_name=file_name,
        relative_path=values.get("relativePath", ""),
        last_modified=parse_number(modified, "lastModified") if modified else None,
        sha256=parse_sha256(values.get("sha256", "")),
        client_key=_parse_uuid(values.get("clientKey", "")),
        batch=_parse_uuid(values.get("batch", "")),
        purpose=values.get("purpose", ""),
        raw=raw,
    )


def _metadata_values(raw: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for pair in raw.split(",") if raw.strip() else []:
        key, _space, encoded = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in values:
            raise ProtocolError(400, "Upload-Metadata has a bad or repeated key")
        try:
            values[key] = _decoded(encoded).decode()
        except ValueError:
            raise ProtocolError(400, f"Upload-Metadata: {key} is not base64 of UTF-8") from None
    return values


def _decoded(encoded: str) -> bytes:
    # ValueError for what is no base64: binascii's is one, and so is the one for what is no ASCII.
    return base64.b64decode(encoded, validate=True)


def parse_sha256(text: str) -> str:
    """A SHA-256 in lower case; empty for an empty text. Raises ProtocolError 400."""
    if text and not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise ProtocolError(400, "sha256 must be 64 hexadecimal digits")
    return text.lower()


def _parse_uuid(text: str) -> uuid.UUID | None:
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        raise ProtocolError(400, "a key is not a UUID") from None


def parse_checksum(header: str | None) -> tuple[str, bytes]:
    """(algorithm, digest) of ``Upload-Checksum``; two empty values where there is none."""
    if header is None:
        return "", b""
    algorithm, _space, encoded = header.partition(" ")
    if algorithm not in CHECKSUM_ALGORITHMS:
        raise ProtocolError(400, "unknown checksum algorithm")
    try:
        return algorithm, _decoded(encoded)
    except ValueError:
        raise ProtocolError(400, "Upload-Checksum is not base64") from None
