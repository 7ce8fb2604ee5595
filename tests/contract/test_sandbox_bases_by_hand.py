"""Can a person delete, restore and copy a whole base, and what does a client see of it?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sandbox_base import BASE, CLIENTS, sample
from sandbox_server import SandboxServer


def _records(server: SandboxServer, base: str) -> dict[str, Any]:
    status, answer = server.call("GET", f"/v0/{base}/{CLIENTS}?returnFieldsByFieldId=true")
    assert status == 200
    return {record["id"]: record["fields"] for record in answer["records"]}


def test_a_deleted_base_is_gone_and_comes_back_whole(sandbox: SandboxServer) -> None:
    sandbox.load(sample(clients=5))
    before = _records(sandbox, BASE)

    sandbox.remove(BASE)
    gone, _ = sandbox.call("GET", f"/v0/{BASE}/{CLIENTS}")
    sandbox.restore_base(BASE)

    assert gone == 403
    assert before == _records(sandbox, BASE)


def test_a_base_that_is_not_in_the_trash_is_not_found(sandbox: SandboxServer) -> None:
    with pytest.raises(ValueError, match="404"):
        sandbox.restore_base("appNowhere0000000")


def test_a_copied_base_has_the_same_records_and_a_life_of_its_own(sandbox: SandboxServer) -> None:
    sandbox.load(sample(clients=5))
    before = _records(sandbox, BASE)

    copy = sandbox.duplicate_base(BASE)
    same = _records(sandbox, copy)
    first = next(iter(before))
    sandbox.edit(copy, CLIENTS, delete=[first])

    _, listed = sandbox.call("GET", "/v0/meta/bases")
    names = {base["id"]: base["name"] for base in listed["bases"]}
    assert before == same
    assert f"{names[BASE]} copy" == names[copy]
    assert first in _records(sandbox, BASE)
    assert first not in _records(sandbox, copy)


def test_the_trash_survives_a_restart(tmp_path: Path) -> None:
    first = SandboxServer(tmp_path).start()
    first.load(sample(clients=3))
    before = _records(first, BASE)
    first.remove(BASE)
    first.stop()

    second = SandboxServer(tmp_path).start()
    try:
        second.restore_base(BASE)
        assert before == _records(second, BASE)
    finally:
        second.stop()


def test_a_reset_empties_the_trash(sandbox: SandboxServer) -> None:
    sandbox.load(sample(clients=1))
    sandbox.remove(BASE)

    sandbox.reset()

    with pytest.raises(ValueError, match="404"):
        sandbox.restore_base(BASE)
