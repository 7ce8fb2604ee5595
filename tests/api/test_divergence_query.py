"""Can a program ask through the API where both sides differ, and why?"""

from __future__ import annotations

from api_client import Api
from sync_world import CLIENTS, COUNTRY, NAME, World

from hub.sync.divergence import WatchedStream
from hub_graphql.app import create_graphql_app

ASK = """
query($stream: String, $first: Int! = 100) {
  divergence(stream: $stream, first: $first) {
    unexplained
    counts { reason count }
    cells { stream table rowName column hub remote reason detail changeId }
  }
}
"""


def _api(world: World) -> Api:
    streams = [WatchedStream(mapping=mapping) for mapping in world.streams.values()]
    return Api(create_graphql_app(world.database, streams=streams), world.database)


def test_each_difference_has_both_values_and_its_reason(world: World) -> None:
    world.add(CLIENTS, {NAME: "Acme", COUNTRY: "Kenya"})
    world.settle()
    rests = _api(world).post(ASK)["data"]["divergence"]
    world.sql("update client set country = 'Chad' where name = 'Acme'")

    told = _api(world).post(ASK, {"stream": "world.clients"})["data"]["divergence"]

    assert {"unexplained": 0, "counts": [], "cells": []} == rests
    assert [{"reason": "in_flight", "count": 1}] == told["counts"]
    (cell,) = told["cells"]
    assert ("world.clients", "Acme", "country", "Chad", "Kenya") == (
        cell["stream"],
        cell["rowName"],
        cell["column"],
        cell["hub"],
        cell["remote"],
    )
    assert str(world.scalar("select max(id) from hub.change")) == cell["changeId"]


def test_a_wrong_question_says_what_would_be_valid(world: World) -> None:
    (unknown,) = _api(world).post(ASK, {"stream": "world.nothing"})["errors"]
    (too_many,) = _api(world).post(ASK, {"first": 5000})["errors"]

    assert "world.clients" in unknown["message"]
    assert "1 to 1000" in too_many["message"]
