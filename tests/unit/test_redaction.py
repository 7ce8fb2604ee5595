"""What never leaves in a log line or an error report?"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from hub import logs, monitoring
from hub.errors import MappingError, RecordRejected
from hub.redaction import redact, redact_text, register_secret


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The log of a process, as JSON; afterwards everything logs as before."""
    root = logging.getLogger()
    before, level, configured = root.handlers[:], root.level, structlog.get_config()
    names = ("uvicorn", "uvicorn.error", "uvicorn.access", "rq", "rq.worker", "rq.scheduler")
    states = {name: (logging.getLogger(name).handlers[:]) for name in names}
    stream = io.StringIO()
    logs.configure(stream=stream)
    yield stream
    root.handlers[:], root.level = before, level
    structlog.configure(**configured)
    for name, handlers in states.items():
        logging.getLogger(name).handlers[:] = handlers
        logging.getLogger(name).filters.clear()


def logged(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail to ada.lovelace@example.com", "mail to [address]@example.com"),
        ("postgresql://hub:pw@127.0.0.1/hub", "postgresql://[hidden]@127.0.0.1/hub"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer [hidden]"),
        ("pat" + "A" * 14 + "." + "0" * 64, "[hidden]"),
        ("hmac-sha256=" + "a" * 64, "hmac-sha256=[hidden]"),
        ("nothing of it: key word, basics, @home", "nothing of it: key word, basics, @home"),
    ],
)
def test_text_loses_secrets_and_addresses(text: str, expected: str) -> None:
    assert redact_text(text) == expected


def test_a_registered_secret_is_hidden_wherever_it_turns_up() -> None:
    register_secret("s3cret-of-this-test")
    register_secret("abc")

    assert redact_text("the s3cret-of-this-test, abc") == "the [hidden], abc"


def test_values_under_telling_keys_are_hidden_at_any_depth() -> None:
    value = {"a": [{"mac_secret": "x", "Authorization": None, "n": 1}], "b": (b"raw",)}

    assert redact(value) == {
        "a": [{"mac_secret": "[hidden]", "Authorization": None, "n": 1}],
        "b": ["[hidden]"],
    }


def test_both_kinds_of_loggers_write_json_with_the_bound_names(lines: io.StringIO) -> None:
    with monitoring.tags(connection="crm", stream="clients"):
        logging.getLogger("a.b").warning("wrote to %s", "ada@example.com")
        structlog.get_logger("c.d").info("run finished", rows=3, token="abc")

    first, second = logged(lines)
    assert first["event"] == "wrote to [address]@example.com"
    assert (first["connection"], first["stream"], first["level"]) == ("crm", "clients", "warning")
    assert (second["event"], second["rows"], second["token"]) == ("run finished", 3, "[hidden]")


def test_the_traceback_of_an_error_is_redacted_too(lines: io.StringIO) -> None:
    try:
        raise ValueError("no mailbox ada@example.com")
    except ValueError:
        logging.getLogger("a").exception("it broke")

    (line,) = logged(lines)
    assert "[address]@example.com" in line["exception"]
    assert "ada@" not in lines.getvalue()


def test_requests_are_fields_without_the_caller_and_the_query(lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").info(
        '%s - "%s %s HTTP/%s" %d', "192.0.2.7:5", "GET", "/a?email=ada", "1.1", 200
    )

    (line,) = logged(lines)
    assert (line["method"], line["path"], line["status"]) == ("GET", "/a", 200)
    assert "192.0.2.7" not in lines.getvalue()


def test_tags_of_the_innermost_block_travel_with_the_error() -> None:
    with (
        pytest.raises(KeyError) as caught,
        monitoring.tags(connection="crm"),
        monitoring.tags(stream="deals", run_id=7, missing=None),
    ):
        raise KeyError("x")

    event: dict[str, Any] = {}
    scrubbed = monitoring.scrub(event, {"exc_info": (KeyError, caught.value, None)})

    assert scrubbed["tags"] == {"connection": "crm", "stream": "deals", "run_id": "7"}


def test_product_data_is_not_reported_and_a_stopped_stream_is() -> None:
    refused, stopped = RecordRejected("no"), MappingError('field "Stage" got "Ada L.", valid are A')

    assert monitoring.scrub({}, {"exc_info": (RecordRejected, refused, None)}) is None
    kept = monitoring.scrub({}, {"exc_info": (MappingError, stopped, None)})
    assert kept["tags"] == {"code": "MAPPING"}
    assert monitoring.redact_message(str(stopped)) == ('field "Stage" got [hidden], valid are A')
