"""How does the hub tell what it does: one JSON line, or one readable line, for each event?

Everybody logs with `logging.getLogger(__name__)` or `structlog.get_logger()`; both end here,
and so do uvicorn, RQ and SQLAlchemy.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from hub.redaction import HIDDEN, is_telling, redact

_QUIET = ("sqlalchemy", "urllib3", "alembic", "asyncio", "websockets", "multipart")
_OWN_KEYS = frozenset({"event", "level", "logger", "timestamp", "_record", "_from_structlog"})


def _hide(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # uvicorn says everything twice, once in colour.
    event.pop("color_message", None)
    for key, value in event.items():
        if key.startswith("_"):
            continue
        hidden = is_telling(key) and key not in _OWN_KEYS and value is not None
        event[key] = HIDDEN if hidden else redact(value)
    return event


class _AccessFields(logging.Filter):
    """Turns uvicorn's access line into fields, without the caller's address and the query."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and len(record.args) == 5:
            _address, method, path, _version, status = record.args
            record.msg, record.args = "answered", ()
            record.method, record.path = method, str(path).split("?")[0]
            record.status = status
        return True


def _to_json(value: Mapping[str, Any], default: Any = str, **_options: Any) -> str:
    return json.dumps(value, default=default, ensure_ascii=False)


def configure(*, console: bool = False, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (standard output), redacted."""
    stream = stream or sys.stdout
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if console else "iso", utc=not console),
        structlog.processors.StackInfoRenderer(),
    ]
    shared += [structlog.processors.format_exc_info, _hide]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=0)
        if console
        else structlog.processors.JSONRenderer(serializer=_to_json)
    )
    render = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=render)
    )
    _take_over(handler, level=level, console=console)


def _take_over(handler: logging.Handler, *, level: str, console: bool) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "rq", "rq.worker", "rq.scheduler"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    requests = logging.getLogger("uvicorn.access")
    requests.filters[:] = [_AccessFields()]
    # A person reading along wants to see what happens, not each picture that was fetched.
    requests.setLevel(logging.WARNING if console else logging.INFO)
