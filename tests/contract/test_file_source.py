"""Do files keep the contract of a source, in a folder and in a bucket?"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from bucket_server import BUCKET, Bucket, start_bucket
from source_contract import CANARY, CHECKS, Broken, Case, Record
from sync_world import NoLimit

from connectors.file import Settings, StreamSettings, build_source
from hub.contract import Limiter, Priority, Source, SourceStream
from hub.errors import MappingError, PermissionLost, RemoteMissing, RemoteUnavailable

FORMATS = ("csv", "csv.gz", "jsonl", "json", "parquet")
ROWS = 40


LIMITER: Limiter = NoLimit()


def record(number: int) -> Record:
    return {"id": str(number), "email": f"person{number}@example.org", "town": "Łódź"}


def written(ending: str, records: list[Record]) -> bytes:
    """The records as a file of that format."""
    match ending:
        case "csv" | "csv.gz":
            lines = [",".join(records[0]), *(",".join(map(str, r.values())) for r in records)]
            text = ("\n".join(lines) + "\n").encode()
            return gzip.compress(text, mtime=0) if ending.endswith("gz") else text
        case "jsonl":
            return "".join(json.dumps(dict(r)) + "\n" for r in records).encode()
        case "json":
            return json.dumps({"data": {"items": [dict(r) for r in records]}}).encode()
        case _:
            buffer = io.BytesIO()
            pa.parquet.write_table(pa.Table.from_pylist([dict(r) for r in records]), buffer)
            return buffer.getvalue()


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a small example has many pages."""
    monkeypatch.setattr("connectors.file.json_records.PAGE_ROWS", 7)
    monkeypatch.setattr("connectors.file.parquet.PAGE_ROWS", 7)
    monkeypatch.setattr("connectors.file.workbook.PAGE_ROWS", 7)
    monkeypatch.setattr("connectors.file.delimited.BLOCK_BYTES", 400)


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    found = start_bucket()
    yield found
    found.server.stop()


def _stream(path: str, ending: str, *, only_added: bool = False) -> SourceStream:
    settings = StreamSettings(
        path=path,
        records="data.items" if ending == "json" else None,
        only_added=only_added,
    )
    return SourceStream(name="people", settings=settings, key=("id",))


def _settings(there: Bucket, **other: str) -> Settings:
    return Settings.model_validate(
        {
            "bucket": f"{BUCKET}/people",
            "endpoint": there.endpoint,
            "access_key": there.access_key,
            "secret_key": there.secret_key,
            **other,
        }
    )


def _source(settings: Settings) -> Callable[[], Source]:
    return lambda: build_source("people", settings, LIMITER)


def folder_case(folder: Path, ending: str) -> Case:
    """Two files of a folder; the news are a third, and nothing else is read for it."""
    records = [record(number) for number in range(ROWS)]
    (folder / f"a.{ending}").write_bytes(written(ending, records[:25]))
    (folder / f"b.{ending}").write_bytes(written(ending, records[25:]))

    def grow() -> list[Record]:
        news = [record(number) for number in range(ROWS, ROWS + 5)]
        (folder / f"c.{ending}").write_bytes(written(ending, news))
        return news

    there = _source(Settings(folder=folder))
    return Case(
        name=f"folder, {ending}",
        kind="file",
        source=there,
        stream=_stream(f"*.{ending}", ending, only_added=True),
        records=records,
        discovered=None if ending == "json" else f"a.{ending}",
        grow=grow,
        broken=(
            Broken(
                name="no folder",
                source=_source(Settings(folder=folder / "gone")),
                stream=_stream(f"*.{ending}", ending),
                raises=RemoteMissing,
            ),
            Broken(
                name="no file", source=there, stream=_stream("*.nothing", ""), raises=MappingError
            ),
        ),
    )


def bucket_case(bucket: Bucket) -> Case:
    records = [record(number) for number in range(ROWS)]
    bucket.put("people/a.csv", written("csv", records[:25]))
    bucket.put("people/b.csv", written("csv", records[25:]))

    def grow() -> list[Record]:
        news = [record(ROWS)]
        bucket.put("people/c.csv", written("csv", news))
        return news

    stream = _stream("*.csv", "csv", only_added=True)
    return Case(
        name="bucket, csv",
        kind="file",
        source=_source(_settings(bucket)),
        stream=stream,
        records=records,
        discovered="a.csv",
        grow=grow,
        broken=(
            Broken(
                name="a wrong key",
                source=_source(_settings(bucket, secret_key=CANARY)),
                stream=stream,
                raises=PermissionLost,
            ),
            Broken(
                name="no such bucket",
                source=_source(_settings(bucket, bucket="other")),
                stream=stream,
                raises=RemoteMissing,
            ),
            Broken(
                name="no server",
                source=_source(_settings(bucket, endpoint="http://127.0.0.1:9", secret_key=CANARY)),
                stream=stream,
                raises=RemoteUnavailable,
            ),
        ),
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("ending", FORMATS)
def test_files_of_a_folder_keep_the_contract(
    ending: str, check: Callable[[Case], None], tmp_path: Path
) -> None:
    check(folder_case(tmp_path, ending))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_files_of_a_bucket_keep_the_contract(check: Callable[[Case], None], bucket: Bucket) -> None:
    bucket.remove_all()
    check(bucket_case(bucket))


def test_a_file_that_changed_is_read_with_all_others_and_tells_what_is_gone(
    tmp_path: Path,
) -> None:
    """One file takes another's place, unless the stream says that files only come."""
    records = [record(number) for number in range(6)]
    (tmp_path / "a.csv").write_bytes(written("csv", records[:3]))
    (tmp_path / "b.csv").write_bytes(written("csv", records[3:]))
    source, stream = build_source("x", Settings(folder=tmp_path), LIMITER), _stream("*.csv", "csv")

    first = list(source.read(stream, None, Priority.ROUTINE))
    (tmp_path / "b.csv").unlink()
    second = list(source.read(stream, first[-1].state, Priority.ROUTINE))
    third = list(source.read(stream, second[-1].state, Priority.ROUTINE))

    assert [page.is_complete for page in (first[-1], second[-1], third[-1])] == [True, True, False]
    assert 3 == sum(page.rows.num_rows for page in second)
    assert 0 == sum(page.rows.num_rows for page in third)
