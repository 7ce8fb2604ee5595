"""Which files are there, and has one changed? In a folder or in a bucket."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from fsspec.implementations.local import LocalFileSystem
from pydantic import SecretStr

from connectors.file.settings import Settings
from hub.errors import HubError, PermissionLost, RemoteMissing, RemoteUnavailable

_REFUSED = re.compile(
    r"ACCESS_DENIED|INVALID_ACCESS_KEY_ID|INVALID_CLIENT_TOKEN_ID|SIGNATURE|UNAUTHORIZED|HTTP "
    r"status 40[13]",
    re.IGNORECASE,
)
_MISSING = re.compile(r"NO_SUCH_BUCKET|NO_SUCH_KEY|RESOURCE_NOT_FOUND|NoSuchBucket|status 404")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A file, by its path from the folder down; `fingerprint` changes with its content."""

    path: str
    fingerprint: str


class Place:
    """A folder or a bucket. Nothing is opened before the first question."""

    def __init__(self, connection: str, settings: Settings) -> None:
        self._connection = connection
        self._settings = settings
        self.requests_made = 0

    @property
    def name(self) -> str:
        """What a person calls the place."""
        return str(self._settings.folder or f"bucket {self._settings.bucket}")

    @property
    def _root(self) -> str:
        if self._settings.folder is not None:
            return self._settings.folder.absolute().as_posix()
        return str(self._settings.bucket).strip("/")

    def files(self, pattern: str = "**/*") -> tuple[Found, ...]:
        """The files whose path fits the pattern, in the order of their paths.

        Raises:
            RemoteMissing: the folder or the bucket is not there.
            PermissionLost: it may not be listed.
            RemoteUnavailable: its server does not answer.
        """
        with self._telling("listing it"):
            self.requests_made += 1
            found = self._bucket_files() if self._settings.bucket else self._folder_files()
        return tuple(sorted((f for f in found if _fits(f.path, pattern)), key=lambda f: f.path))

    def _folder_files(self) -> list[Found]:
        system = LocalFileSystem()
        if not system.isdir(self._root):
            raise RemoteMissing(
                f"[{self._connection}] {self.name} is not there. Correct `folder` in hub.toml, or "
                "make it."
            )
        entries = cast(Mapping[str, Any], system.find(self._root, detail=True))
        return [self._found(name, entry["size"], entry["mtime"]) for name, entry in entries.items()]

    def _bucket_files(self) -> list[Found]:
        from pyarrow.fs import FileSelector, FileType

        infos = self._system().fs.get_file_info(FileSelector(self._root, recursive=True))
        return [
            self._found(info.path, info.size, info.mtime_ns)
            for info in infos
            if info.type is FileType.File
        ]

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        """The file, unpacked if its ending says that it is packed."""
        with self._telling(f"reading {path}"):
            self.requests_made += 1
            with self._system().open(f"{self._root}/{path}", "rb", compression="infer") as file:
                yield cast(BinaryIO, file)

    def _found(self, name: str, size: int, modified: object) -> Found:
        return Found(
            path=PurePosixPath(name).relative_to(self._root).as_posix(),
            fingerprint=f"{size}:{modified}",
        )

    def _system(self) -> Any:
        if self._settings.folder is not None:
            return LocalFileSystem()
        # Loaded only where there is a bucket.
        from fsspec.implementations.arrow import ArrowFSWrapper
        from pyarrow.fs import S3FileSystem

        settings = self._settings
        address = urlsplit(settings.endpoint or "https://")
        return ArrowFSWrapper(
            S3FileSystem(
                access_key=_shown(settings.access_key),
                secret_key=_shown(settings.secret_key),
                region=settings.region,
                scheme=address.scheme,
                endpoint_override=address.netloc or None,
                connect_timeout=min(settings.request_timeout_seconds, 10.0),
                request_timeout=settings.request_timeout_seconds,
            )
        )

    @contextmanager
    def _telling(self, doing: str) -> Iterator[None]:
        try:
            yield
        except HubError:
            raise
        except FileNotFoundError as exc:
            raise RemoteMissing(
                f"[{self._connection}] {self.name}, {doing}: the file is gone. It may have been "
                "moved while it was read; the next read sees what is there."
            ) from exc
        except PermissionError as exc:
            raise self._refused(doing) from exc
        except OSError as exc:
            raise self._of_a_bucket(doing, exc) from exc

    def _refused(self, doing: str) -> PermissionLost:
        return PermissionLost(
            f"[{self._connection}] {self.name}, {doing}: permission denied. Let the hub's user "
            "read it, or correct access_key and secret_key."
        )

    def _of_a_bucket(self, doing: str, exc: OSError) -> HubError:
        said = str(exc)
        if _REFUSED.search(said):
            return self._refused(doing)
        if _MISSING.search(said):
            return RemoteMissing(
                f"[{self._connection}] {self.name}, {doing}: there is no such thing. Correct "
                "`bucket` in hub.toml."
            )
        return RemoteUnavailable(
            f"[{self._connection}] {self.name}, {doing}: no answer. It is tried again.",
            detail=type(exc).__name__,
        )


def _shown(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _fits(path: str, pattern: str) -> bool:
    """Whether a path fits a pattern in which ** stands for any folders, also none."""
    parts, wanted = PurePosixPath(path).parts, PurePosixPath(pattern).parts
    return _parts_fit(parts, wanted)


def _parts_fit(parts: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    if not wanted:
        return not parts
    if wanted[0] == "**":
        return any(_parts_fit(parts[at:], wanted[1:]) for at in range(len(parts) + 1))
    return (
        bool(parts)
        and fnmatch.fnmatchcase(parts[0], wanted[0])
        and _parts_fit(parts[1:], wanted[1:])
    )
