"""What has the full simulation found, so that it does not come back?"""

from __future__ import annotations

from sync_world import BASE, CODE, DEALS, World


def test_a_restored_record_and_its_copy_in_one_page_become_two_rows(world: World) -> None:
    (deal,) = world.add(DEALS, {CODE: "D-1"})
    world.settle()
    world.sql("update deal set stage = 'won'")
    world.settle()
    row_id = world.scalar("select id from deal")
    world.delete(DEALS, deal)
    world.settle()

    world.sandbox.restore(BASE, DEALS, [deal])
    world.sandbox.duplicate(BASE, DEALS, [deal])
    (copy,) = set(world.records(DEALS)) - {deal}
    world.edit(DEALS, copy, {CODE: "D-2"})
    world.settle()

    links = world.query("select external_id, row_id, state from hub.record_link")
    assert [] == world.reports
    assert {("live",)} == {(link["state"],) for link in links}
    assert row_id == {link["external_id"]: link["row_id"] for link in links}[deal]
    assert {"D-1", "D-2"} == {
        row["code"] for row in world.query("select code from deal where deleted_at is null")
    }


def test_a_lost_answer_to_a_delete_is_settled_by_its_payload(world: World) -> None:
    (deal, _) = world.add(DEALS, {CODE: "D-1"}, {CODE: "D-2"})
    world.settle()
    world.sql("delete from deal where code = 'D-1'")
    world.sandbox.fault("drop_after", method="DELETE", path="/tbl")
    world.ring()
    world.attend()
    assert deal not in world.records(DEALS)

    world.settle()

    assert 0 == world.scalar("select count(*) from hub.write_intent where outcome is null")
