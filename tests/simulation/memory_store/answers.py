"""Which modules make up the memory store's answers? Importing this one registers them all."""

from __future__ import annotations

from simulation.memory_store import (  # noqa: F401  they register themselves
    answers_change_log,
    answers_conflicts,
    answers_divergences,
    answers_explanations,
    answers_frozen_cells,
    answers_intents,
    answers_leases,
    answers_links,
    answers_notes,
    answers_pauses,
    answers_previews,
    answers_rechecks,
    answers_rows,
    answers_runs,
    answers_schema_changes,
    answers_schemas,
    answers_streams,
    answers_thrift,
    answers_undoing,
    answers_upkeep,
)
