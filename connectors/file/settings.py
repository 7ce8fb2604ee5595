"""What must a person say to read files of a folder or a bucket?"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class Settings(BaseModel):
    """The keys of a connection to files in hub.toml: a folder, or a bucket with its key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path | None = Field(
        default=None, description="The folder that holds the files; folders in it are read, too."
    )
    bucket: str | None = Field(
        default=None,
        min_length=1,
        description="In place of a folder: an S3-compatible bucket, or bucket/prefix.",
    )
    access_key: SecretStr | None = Field(
        default=None, description="The id of the bucket's access key."
    )
    secret_key: SecretStr | None = Field(
        default=None, description="The secret of the bucket's access key."
    )
    endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+/?$",
        description=(
            "The server that speaks S3, for a bucket that is not Amazon's. The key signs every "
            "request and is not sent; plain http is accepted on this machine only."
        ),
    )
    region: str = Field(default="us-east-1", min_length=1, description="The bucket's region.")
    request_timeout_seconds: float = Field(
        default=30.0, gt=0, le=600, description="How long the bucket's server may take to answer."
    )

    @field_validator("endpoint")
    @classmethod
    def _keeps_the_data_private(cls, endpoint: str | None) -> str | None:
        address = urlsplit(endpoint or "")
        if address.scheme == "http" and address.hostname not in _THIS_MACHINE:
            raise ValueError("plain http would show the files to everybody on the way: use https")
        return endpoint

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        if (self.folder is None) == (self.bucket is None):
            raise ValueError("name either a folder or a bucket")
        if self.bucket is not None and (self.access_key is None or self.secret_key is None):
            raise ValueError("a bucket needs access_key and secret_key")
        return self


class StreamSettings(BaseModel):
    """The keys of a stream that is read from files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(
        min_length=1,
        description=(
            'Which files, from the folder down: "clients.csv", "*.xlsx", "2026/**/*.parquet". '
            "All of them hold records of one shape. Known by their endings: csv, tsv, txt, xls, "
            "xlsx, xlsm, xlsb, ods, json, jsonl, ndjson, parquet; text may be packed (.gz)."
        ),
    )
    sheet: str | None = Field(
        default=None,
        description="The sheet of a workbook; the first that is not empty if left out.",
    )
    header_row: int | None = Field(
        default=None,
        ge=0,
        description=(
            "The row that names the columns, from 1; 0 where none does. Found by itself if left "
            "out: titles and blank rows above it are passed over."
        ),
    )
    last_row: int | None = Field(
        default=None, ge=1, description="The last row to read, where remarks stand below the table."
    )
    delimiter: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        description="What parts the columns of a text file; found by itself if left out.",
    )
    encoding: str | None = Field(
        default=None, description="The encoding of a text file; found by itself if left out."
    )
    records: str | None = Field(
        default=None,
        description='Where the records stand in a JSON file, such as "data.items".',
    )
    only_added: bool = Field(
        default=False,
        description=(
            "Whether files only ever come, and none replaces another. Then only new and changed "
            "files are read, and a record that is in none of them is not taken as deleted."
        ),
    )

    @field_validator("path")
    @classmethod
    def _stays_inside(cls, path: str) -> str:
        parts = PurePosixPath(path).parts
        if ".." in parts or path.startswith("/"):
            raise ValueError("the path begins at the folder and stays in it")
        return path

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, encoding: str | None) -> str | None:
        if encoding is not None:
            try:
                "".encode(encoding)
            except LookupError:
                raise ValueError("there is no such encoding; utf-8 and latin-1 are two") from None
        return encoding
