"""What is kept of a failing seed? Timing does not play again, so both sides' logs are kept."""

from __future__ import annotations

import json
from pathlib import Path

from simulation.full_stage import Stage

_TABLES = (
    "hub.change",
    "hub.record_link",
    "hub.frozen_cell",
    "hub.conflict",
    "hub.write_intent",
    "hub.run",
    "hub.hook",
    "hub.stream_state",
    "hub.alert",
    "hub.recheck",
    "hub.lease",
    "hub.column_dictionary",
    "history.client",
    "history.deal",
    "history.sending_domain",
    "history.mailbox",
)


def keep_evidence(stage: Stage, folder: Path) -> None:
    """Write both sides' logs, the engine's tables and what the workers said into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "edits", stage.world.sandbox.edits())
    _write(folder / "requests", stage.world.sandbox.requests())
    for name in _TABLES:
        rows = stage.world.query(f"select * from {name}")  # noqa: S608  constants
        _write(folder / name, rows)
    log = stage.company.nursery.log
    (folder / "workers.log").write_bytes(log.read_bytes())


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    lines = [json.dumps(row, default=str, ensure_ascii=False) for row in rows]
    Path(f"{path}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
