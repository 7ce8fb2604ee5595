"""What ran, what should a person know, and what waits for a word, in both stores?"""

from __future__ import annotations

from uuid import UUID

import pytest
from store_sides import StoreSide

from hub.errors import NotFound
from hub.store import previews, runs, undoing, upkeep
from hub.store.entities.base import new_id

WORLD, CLIENTS = "world", "clients"


def start(store: StoreSide, kind: str = "pull", stream: str | None = None) -> UUID:
    with store.writing() as session:
        return runs.start_run(session, WORLD, stream, kind, "hook")


def finish(store: StoreSide, run: UUID, status: str = "succeeded") -> None:
    with store.writing() as session:
        runs.finish_run(session, run, status=status, counts={"rows_changed": 2}, requests=3)


def test_a_run_is_kept_with_its_result(store: StoreSide) -> None:
    run = start(store, stream=CLIENTS)
    with store.writing() as session:
        runs.note_progress(session, run, {"rows_changed": 1, "conflicts": 0})
    (going,) = store.rows("run")

    with store.writing() as session:
        runs.finish_run(
            session,
            run,
            status="failed",
            counts={"rows_changed": 2},
            requests=3,
            error_code="RATE_LIMITED",
            error_message="later",
        )

    with store.reading() as session:
        done = undoing.run_of(session, run)
        assert None is undoing.run_of(session, new_id())
    assert ("running", {"rows_changed": 1}) == (going["status"], going["counts"])
    assert done is not None
    assert ("failed", {"rows_changed": 2}, 3, "RATE_LIMITED", "later") == tuple(
        done[name] for name in ("status", "counts", "requests", "error_code", "error_message")
    )
    assert (run, WORLD, CLIENTS, "pull", "hook") == tuple(
        done[name] for name in ("id", "connection", "stream", "kind", "trigger")
    )
    assert done["started_at"] <= done["finished_at"]


def test_a_run_that_found_nothing_to_do_is_forgotten(store: StoreSide) -> None:
    run = start(store)

    with store.writing() as session:
        runs.drop_run(session, run)
        runs.drop_run(session, new_id())

    assert [] == store.rows("run")


def test_a_dead_workers_runs_are_stopped(store: StoreSide) -> None:
    dead, done = start(store), start(store)
    start(store, "preview")
    finish(store, done)
    with store.writing() as session:
        runs.start_run(session, "elsewhere", None, "pull", "hook")

    with store.writing() as session:
        assert 1 == runs.abandon_runs(session, WORLD)
        assert 0 == runs.abandon_runs(session, WORLD)

    told = {row["id"]: (row["status"], row["error_code"]) for row in store.rows("run")}
    assert ("stopped", "WORKER_DIED") == told[dead]
    assert ("succeeded", None) == told[done]
    assert 2 == len([status for status, _ in told.values() if status == "running"])


def test_quiet_is_counted_from_the_last_good_pull_or_push(store: StoreSide) -> None:
    finish(store, start(store, "backfill"))
    finish(store, start(store), "failed")
    with store.reading() as session:
        assert None is runs.quiet_seconds(session, WORLD)

    finish(store, start(store, "push"))

    with store.reading() as session:
        seconds = runs.quiet_seconds(session, WORLD)
    assert seconds is not None
    assert 0 <= seconds < 60


def test_an_alert_is_new_once_while_it_lasts(store: StoreSide) -> None:
    def tell(title: str) -> bool:
        with store.writing() as session:
            return runs.raise_alert(
                session,
                "guard:world",
                severity="error",
                title=title,
                next_step=f"after {title}",
                connection=WORLD,
                stream=CLIENTS,
            )

    assert [True, False] == [tell("first"), tell("second")]
    (row,) = store.rows("alert")
    assert (2, "second", "after second", None) == tuple(
        row[name] for name in ("seen_count", "title", "next_step", "closed_at")
    )
    assert row["first_at"] < row["last_at"]
    with store.writing() as session:
        runs.close_alert(session, "guard:world")
        runs.close_alert(session, "nobody's")
    assert tell("third")
    assert [1, 2] == sorted(row["seen_count"] for row in store.rows("alert"))


def ask(store: StoreSide, *items: str, action: str = "delete_in_hub") -> UUID:
    with store.writing() as session:
        return runs.ask_approval(session, WORLD, CLIENTS, action, items, f"of {len(items)}")


def decided(store: StoreSide, decision: str = "approved") -> set[str]:
    with store.reading() as session:
        return runs.decided_items(session, WORLD, CLIENTS, "delete_in_hub", decision)


def test_a_stopped_plan_waits_once_and_knows_its_latest_items(store: StoreSide) -> None:
    first = ask(store, "a")
    other = ask(store, "x", action="overwrite_in_hub")

    assert first == ask(store, "a", "b")

    with store.reading() as session:
        waiting = runs.open_approvals(session)
    assert [(first, 2, "of 2", "delete_in_hub"), (other, 1, "of 1", "overwrite_in_hub")] == [
        (w["id"], w["items"], w["reason"], w["action"]) for w in waiting
    ]
    assert set() == decided(store)


@pytest.mark.parametrize("word", ["approved", "refused"])
def test_a_decided_plan_is_carried_out_once(store: StoreSide, word: str) -> None:
    plan = ask(store, "a", "b")

    with store.writing() as session:
        assert (WORLD, CLIENTS, "delete_in_hub", ["a", "b"]) == runs.decide(
            session, plan, word, "Hanna"
        )

    other = "refused" if word == "approved" else "approved"
    assert ({"a", "b"}, set()) == (decided(store, word), decided(store, other))
    with store.writing() as session:
        with pytest.raises(NotFound, match="no plan waits"):
            runs.decide(session, plan, word, "Igor")
        runs.mark_applied(session, WORLD, CLIENTS, "delete_in_hub")
    assert set() == decided(store, word)
    (row,) = store.rows("approval")
    assert ("Hanna", word) == (row["decided_by"], row["decision"])
    assert plan != ask(store, "c")


def test_one_decision_may_free_what_it_entails(store: StoreSide) -> None:
    ask(store, "waiting")
    with store.writing() as session:
        runs.grant(session, WORLD, CLIENTS, "delete_in_hub", ["a"], "Hanna")
        runs.grant(session, WORLD, CLIENTS, "delete_in_hub", ["b"], "Hanna")

    assert {"a", "b"} == decided(store)
    with store.reading() as session:
        assert 1 == len(runs.open_approvals(session))
        assert set() == runs.decided_items(session, WORLD, "deals", "delete_in_hub", "approved")


def test_runs_that_ended_long_ago_are_forgotten(store: StoreSide) -> None:
    for status in ("succeeded", "failed"):
        finish(store, start(store), status)
    start(store)

    with store.writing() as session:
        assert 0 == upkeep.forget_idle_runs(session, days=1)
        assert 2 == upkeep.forget_idle_runs(session, days=-1)

    assert ["running"] == [row["status"] for row in store.rows("run")]


def test_a_preview_is_looked_for_by_one_worker_and_decided_by_one_person(
    store: StoreSide,
) -> None:
    with store.writing() as session:
        first = previews.ask_preview(session, WORLD, CLIENTS, "pull", "Hanna")
        second = previews.ask_preview(session, WORLD, CLIENTS, "push", "Hanna")
    with store.writing() as session:
        assert [first, second] == previews.asked_previews(session, patience_seconds=60)
        assert previews.claim_preview(session, first, patience_seconds=60)
        assert not previews.claim_preview(session, first, patience_seconds=60)
        assert previews.claim_preview(session, first, patience_seconds=-60)
        assert not previews.claim_preview(session, new_id(), patience_seconds=60)
        assert [second] == previews.asked_previews(session, patience_seconds=60)
        previews.note_ready(session, first, {"records": [1]}, calls=4, seconds=1.5)
        previews.note_failed(session, second, "no such stream")

    run = new_id()
    with store.writing() as session:
        before = previews.decide_preview(session, first, approve=True, by="Igor")
        again = previews.decide_preview(session, first, approve=False, by="Hanna")
        assert [first] == previews.approved_previews(session, WORLD)
        assert [] == previews.approved_previews(session, "elsewhere")
        previews.note_applied(session, first, run_id=run, left_out=[{"x": 1}], message="done")

    assert ("ready", "approved") == (before.status, again.status)
    with store.reading() as session:
        applied = previews.load_preview(session, first)
        assert [second, first] == [kept.id for kept in previews.list_previews(session)]
        assert 1 == len(previews.list_previews(session, limit=1))
        assert "failed" == previews.load_preview(session, second).status
        with pytest.raises(NotFound, match="no preview"):
            previews.load_preview(session, new_id())
    assert ("applied", run, {"cells": [{"x": 1}]}, "done", 4, 1.5, {"records": [1]}, "Igor") == (
        applied.status,
        applied.run_id,
        applied.left_out,
        applied.message,
        applied.calls,
        applied.seconds,
        applied.diff,
        applied.decided_by,
    )
    with store.writing() as session:
        previews.forget_previews(session, days=1)
        assert 2 == len(previews.list_previews(session))
        previews.forget_previews(session, days=-1)
        assert [] == previews.list_previews(session)
