"""Does the whole real product keep its promise in random worlds?

`make simulate-full SEEDS=100 FIRST=0` plays seeds on a real Postgres, a real Valkey, the stand-in
over HTTP, the web process, several RQ workers and the scheduler. A failing seed is printed with its
schedule and plays again: `make simulate-full SEEDS=1 FIRST=<seed>`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import traceback
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from simulation.full_bases import CONNECTION_OF, two_bases
from simulation.full_company import Company, company
from simulation.full_evidence import keep_evidence
from simulation.full_schedule import Event, events
from simulation.full_stage import Stage
from simulation.observe_postgres import observe
from simulation.oracle import judge

EDITS, MEETINGS, FAULTS = 200, 60, 20
"""A seed is played until it has had so many, and the last event is over."""
MOST_EVENTS = 1500
LOOKS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a seed came to."""

    seed: int
    seconds: float
    schedule: tuple[Event, ...]
    tally: Counter[str]
    violations: tuple[str, ...]


def play_seed(
    company: Company,
    seed: int,
    *,
    edits: int = EDITS,
    meetings: int = MEETINGS,
    faults: int = FAULTS,
    evidence: Path | None = None,
) -> Outcome:
    """One world from its beginning to its judgement."""
    drawn = random.Random(f"full world {seed}")  # noqa: S311  repeatable, no secret
    began = time.monotonic()
    played: list[Event] = []
    violations: list[str] = []
    with company.seed(drawn) as world:
        stage = Stage(company, world)
        at = "the start"
        try:
            for table in world_tables():
                stage.editors.create(drawn, table, 3)
            if stage.come_to_rest(edits=False) is None:
                raise RuntimeError(f"nobody works: {company.nursery.log.read_text()[-1000:]}")
            stage.tally.clear()
            for event in events(seed):
                at = f"event {len(played)}, {event}"
                played.append(event)
                stage.play(event)
                enough = stage.tally["edits"] >= edits and stage.tally["meetings"] >= meetings
                if (enough and stage.count_faults() >= faults) or len(played) >= MOST_EVENTS:
                    break
            at = "the end"
            seconds = stage.come_to_rest(edits=True)
            stage.tally["slowest last edit, milliseconds"] = round((seconds or 0) * 1000)
            at = "the judgement"
            violations += judged(stage)
            stage.stir()
            at = "the last complete read"
            stage.read_completely()
            violations += [f"after a complete read: {found}" for found in judged(stage)]
            violations += stage.problems
        except Exception:
            violations.append(f"raised at {at}: {traceback.format_exc(limit=-6)}")
        count_what_is_written(stage)
        if violations and evidence is not None:
            keep_evidence(stage, evidence / f"seed-{seed}")
    return Outcome(
        seed=seed,
        seconds=time.monotonic() - began,
        schedule=tuple(played),
        tally=stage.tally,
        violations=tuple(dict.fromkeys(violations)),
    )


def world_tables() -> list[str]:
    """The tables of both bases, those that others link to first."""
    from simulation.values import COLUMNS

    return list(COLUMNS)


def judged(stage: Stage) -> list[str]:
    """What the oracle says, and whether the product itself noticed a bug."""
    bugs = stage.world.query(
        "select connection, kind, error_message from hub.run where error_code = 'INTERNAL'"
    )
    seen = observe(stage.world, [], stage.stood_for)
    pending = dict(seen.pending)
    for _ in range(LOOKS):
        # Whoever only comes by to look leaves nothing behind: what stays is pending.
        if not any(pending.values()) or not stage.rests():
            break
        for words, count in observe(stage.world, [], stage.stood_for).pending.items():
            pending[words] = min(pending[words], count)
    seen = replace(seen, blind=stage.blind(), pending=pending)
    judgement = judge(seen)
    stage.tally["edits lost without history"] = len(judgement.blind_losses)
    return [
        *judgement.violations,
        *(f"bug: {bug['connection']} {bug['kind']}: {bug['error_message']}" for bug in bugs),
    ]


def count_what_is_written(stage: Stage) -> None:
    """Conflicts, kills and requests, as the logs tell them."""
    world, tally = stage.world, stage.tally
    for row in world.query("select cause, count(*) as number from hub.conflict group by cause"):
        tally[f"conflict {row['cause']}"] += row["number"]
    tally["lost updates found"] += int(
        world.scalar("select coalesce(sum((counts->>'lost_updates')::int), 0) from hub.run") or 0
    )
    for name in stage.company.nursery.doom.met():
        tally[f"kill {name.split('.')[0]}"] += 1
    journal = world.sandbox.requests()
    tally["requests"] += len(journal)
    tally["edits without history"] += len(stage.blind())


def table(outcomes: list[Outcome]) -> list[tuple[str, Any]]:
    """The lines of the table at the end."""
    total: Counter[str] = Counter()
    for outcome in outcomes:
        total.update(outcome.tally)
    failing = [outcome.seed for outcome in outcomes if outcome.violations]
    seconds = sorted(outcome.seconds for outcome in outcomes) or [0.0]
    last = max(
        (outcome.tally["slowest last edit, milliseconds"] for outcome in outcomes), default=0
    )

    def each(prefix: str) -> list[tuple[str, Any]]:
        return [(name, total[name]) for name in sorted(total) if name.startswith(prefix)]

    def fewest(name: str) -> int:
        return min((outcome.tally[name] for outcome in outcomes), default=0)

    def faults(outcome: Outcome) -> int:
        return sum(n for name, n in outcome.tally.items() if name.startswith("fault "))

    return [
        ("seeds", len(outcomes)),
        ("connections", len(CONNECTION_OF)),
        ("edits", total["edits"]),
        ("edits, fewest a seed", fewest("edits")),
        ("edits through GraphQL", total["edits through GraphQL"]),
        ("edits in plain SQL", total["edits in plain SQL"]),
        ("edits that met an unsettled cell", total["meetings"]),
        ("meetings, fewest a seed", fewest("meetings")),
        ("edits while no hook lived", total["edits without history"]),
        ("of these overwritten without a trace", total["edits lost without history"]),
        ("requests to the stand-in", total["requests"]),
        ("lost updates found", total["lost updates found"]),
        *each("conflict "),
        ("faults", sum(map(faults, outcomes))),
        ("faults, fewest a seed", min(map(faults, outcomes), default=0)),
        *each("fault "),
        ("kills at named steps", sum(n for _, n in [*each("kill before"), *each("kill after")])),
        *each("kill "),
        *each("event "),
        *each("schema edit "),
        *each("did "),
        (
            "changes that only a complete read found",
            total["changes that only a complete read found"],
        ),
        ("last edit across, slowest seed, seconds", last / 1000),
        ("seconds a seed, median", round(seconds[len(seconds) // 2], 1)),
        ("violations", sum(len(outcome.violations) for outcome in outcomes)),
        ("failing seeds", " ".join(map(str, failing)) or "none"),
    ]


def main() -> int:
    """Play the seeds that were asked for; 1 when one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--edits", type=int, default=EDITS, help="at least so many edits a seed")
    parser.add_argument("--meetings", type=int, default=MEETINGS)
    parser.add_argument("--faults", type=int, default=FAULTS)
    parser.add_argument("--json", type=Path, help="write the table and every seed to this file")
    parser.add_argument("--evidence", type=Path, help="keep both logs of failing seeds in here")
    options = parser.parse_args()
    outcomes: list[Outcome] = []
    with two_bases(), company() as built:
        for seed in range(options.first, options.first + options.seeds):
            outcome = play_seed(
                built,
                seed,
                edits=options.edits,
                meetings=options.meetings,
                faults=options.faults,
                evidence=options.evidence,
            )
            outcomes.append(outcome)
            _tell(outcome)
            if options.json:
                _write(options.json, outcomes)
            built.nursery.log.write_bytes(b"")
    print("\n".join(f"{name:<52}{value}" for name, value in table(outcomes)))
    return int(any(outcome.violations for outcome in outcomes))


def _tell(outcome: Outcome) -> None:
    tally = outcome.tally
    faults = sum(count for name, count in tally.items() if name.startswith("fault "))
    print(
        f"seed {outcome.seed}: {outcome.seconds:.1f} s, {len(outcome.schedule)} events,"
        f" {tally['edits']} edits, {tally['meetings']} meetings, {faults} faults,"
        f" {len(outcome.violations)} violations",
        flush=True,
    )
    if outcome.violations:
        print(f"seed {outcome.seed} fails:", *outcome.violations, sep="\n  ", flush=True)
        shown = (f"{number} {event}" for number, event in enumerate(outcome.schedule))
        print("its schedule:", *shown, sep="\n  ", flush=True)


def _write(path: Path, outcomes: list[Outcome]) -> None:
    seeds = [
        {
            "seed": outcome.seed,
            "seconds": round(outcome.seconds, 1),
            "tally": outcome.tally,
            "violations": outcome.violations,
            "schedule": [asdict(event) for event in outcome.schedule if outcome.violations],
        }
        for outcome in outcomes
    ]
    path.write_text(json.dumps({"table": dict(table(outcomes)), "seeds": seeds}, indent=1))


if __name__ == "__main__":
    sys.exit(main())
