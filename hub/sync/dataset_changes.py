"""What would happen to a dataset that is to have other columns, and how does it happen?"""

from __future__ import annotations

from hub.core.datasets import AddColumn, ChangeKey, Redescribe, RetypeColumn, Step, steps_between
from hub.errors import LeaseLost
from hub.store import dataset_tables, datasets, source_states
from hub.store.database import Database, Provenance
from hub.store.dataset_tables import Effect
from hub.sync.ingest import alone
from hub.sync.ingest_plan import wanted_dataset
from hub.sync.ingest_stream import IngestStream


def plan_changes(database: Database, stream: IngestStream) -> tuple[Effect, ...]:
    """What each step to the wanted dataset does to the data; none where nothing is to be done.

    Raises:
        NotFound: there is no such dataset yet.
    """
    with database.reading() as session:
        present = datasets.needed(session, str(stream.dataset))
    wanted = wanted_dataset(stream, present, adopts=True)
    with database.reading() as session:
        return dataset_tables.effects(session, present, steps_between(present, wanted))


def apply_changes(database: Database, stream: IngestStream, *, by: str) -> bool:
    """Do it, in one transaction; whether the stream is read anew then.

    Raises:
        NotFound: there is no such dataset yet.
        ConfigError: the wanted key does not tell the rows apart.
        LeaseLost: the stream is being read right now.
    """
    with database.engine.connect() as connection, alone(connection, stream) as is_alone:
        if not is_alone:
            raise LeaseLost(f"{stream.title} is being read right now. Try again when that ended.")
        with database.reading() as session:
            present = datasets.needed(session, str(stream.dataset))
        wanted = wanted_dataset(stream, present, adopts=True)
        steps = steps_between(present, wanted)
        with database.unit_of_work(Provenance(actor=by, origin="dataset")) as session:
            dataset_tables.apply_steps(session, present, wanted, steps)
            if reads_anew := any(_needs_data(step) for step in steps):
                source_states.begin_anew(session, stream.connection, stream.name)
    return reads_anew


def _needs_data(step: Step) -> bool:
    """Whether rows that are there lack what only the source can say."""
    return isinstance(step, (AddColumn, RetypeColumn, ChangeKey)) and not isinstance(
        step, Redescribe
    )
