"""Where are the bytes of attachments, and how long may somebody fetch them?"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import mimetypes
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from hub.sandbox.airtable.json_values import Fields
from hub.sandbox.airtable.state_file import StateFile
from hub.sandbox.clock import Clock

if TYPE_CHECKING:
    from hub.sandbox.airtable.state import State

LIFETIME = timedelta(hours=2)
LARGEST_FETCH = 50_000_000
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file and what kind it is."""

    content_type: str
    content: bytes


class Files:
    """Bytes in the state file, handed out under addresses that expire after two hours."""

    def __init__(self, file: StateFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._secret = secrets.token_bytes(16)

    def put(self, attachment_id: str, content: bytes, content_type: str) -> None:
        with self._file.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO attachment VALUES (?, ?, ?)",
                (attachment_id, content_type, content),
            )

    def get(self, attachment_id: str) -> StoredFile | None:
        rows = self._file.rows(
            "SELECT content_type, bytes FROM attachment WHERE id = ?", attachment_id
        )
        return StoredFile(*rows[0]) if rows else None

    def path(self, attachment_id: str, filename: str) -> str:
        """An address that is good for two hours from now, and another one with every call."""
        expires = int((self._clock.now() + LIFETIME).timestamp() * 1000)
        mac = self._mac(attachment_id, expires)
        return f"/_attachments/{expires}/{mac}/{attachment_id}/{quote(filename, safe='')}"

    def is_valid(self, attachment_id: str, expires: int, mac: str) -> bool:
        return hmac.compare_digest(mac, self._mac(attachment_id, expires))

    def is_expired(self, expires: int) -> bool:
        return self._clock.now().timestamp() * 1000 > expires

    def _mac(self, attachment_id: str, expires: int) -> str:
        text = f"{attachment_id}/{expires}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()[:32]


def fetch(url: str) -> StoredFile | None:
    """The file behind an address of this machine; nothing else is ever asked for."""
    parts = urlsplit(url)
    if parts.hostname not in _LOOPBACK or parts.scheme != "http":
        return None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        response = connection.getresponse()
        content = response.read(LARGEST_FETCH + 1)
        if response.status != 200 or len(content) > LARGEST_FETCH:
            return None
        kind = response.getheader("Content-Type") or "application/octet-stream"
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return StoredFile(kind.split(";")[0], content)


def type_of(filename: str, given: object) -> str:
    if isinstance(given, str) and "/" in given:
        return given
    return mimetypes.guess_type(filename)[0] or "application/octet-stream"


def complete(state: State, attachment_id: str, size: int, content_type: str) -> None:
    """Note a file's size and type in the cell that names it; nobody is told, as with the service.

    The record is replaced, not changed, so that whoever reads it meanwhile sees one or the other.
    """
    for base in state.bases.values():
        for table in base.tables.values():
            for field in table.fields.values():
                if field.type != "multipleAttachments":
                    continue
                for record in table.records.values():
                    cell = record.values.get(field.id, ())
                    if any(each["id"] == attachment_id for each in cell):
                        record.values = {
                            **record.values,
                            field.id: [
                                _completed(each, size, content_type)
                                if each["id"] == attachment_id
                                else each
                                for each in cell
                            ],
                        }
                        with state.lock, state.file.transaction() as connection:
                            state.save_record(connection, base, table, record)
                        return


def _completed(stored: Fields, size: int, content_type: str) -> Fields:
    return {**stored, "size": size, "type": content_type, "stored": True}


def expiry(text: str) -> int | None:
    return int(text) if text.isdigit() and len(text) < 16 else None
