"""Do numbers and times keep every digit, and is a wrong one refused with what would be right?"""

from __future__ import annotations

from decimal import Decimal

import pytest
from api_client import Api
from factories import Factory
from graphql import GraphQLError

from hub_graphql.scalars import SCALARS, BigInt


def printed(scalar: object, value: object) -> object:
    """How a scalar writes a value into an answer."""
    serialize = SCALARS[scalar].serialize
    assert serialize is not None
    return serialize(value)


WRONG = (
    ('clients(filter: {deletedAt: {gt: "yesterday"}})', "write ISO 8601 with its offset"),
    ('clients(filter: {deletedAt: {gt: "2026-01-31T09:30:00"}})', "write ISO 8601 with its offset"),
    ('deals(filter: {engagedOn: {eq: "31.01.2026"}})', "write a day as YYYY-MM-DD"),
    ("deals(filter: {engagedOn: {eq: 20260131}})", "write a day as YYYY-MM-DD"),
    ('deals(filter: {amount: {eq: "a lot"}})', "write a number"),
    ('deals(filter: {amount: {eq: "NaN"}})', "write a number"),
    ("deals(filter: {amount: {eq: true}})", "write a number"),
)


@pytest.mark.parametrize(("field", "said"), WRONG)
def test_a_wrong_value_is_refused_with_what_would_be_right(
    offline_api: Api, field: str, said: str
) -> None:
    error = offline_api.refused(f"{{ {field} {{ totalCount }} }}")

    assert said in error["message"]


def test_an_amount_keeps_every_digit_and_is_found_by_it(api: Api, make: Factory) -> None:
    make.deal(amount=Decimal("999999999999.99"))
    make.deal(amount=Decimal("0.00"))

    for literal in ('"999999999999.99"', "999999999999.99"):
        answer = api.ask(
            f"{{ deals(filter: {{amount: {{eq: {literal}}}}}) {{ nodes {{ amount }} }} }}"
        )
        assert answer["deals"]["nodes"] == [{"amount": "999999999999.99"}]
    smallest = api.ask("{ deals(filter: {amount: {lt: 1}}) { nodes { amount } } }")
    assert smallest["deals"]["nodes"] == [{"amount": "0.00"}]


def test_a_decimal_is_never_written_with_an_exponent() -> None:
    assert printed(Decimal, Decimal("1E+3")) == "1000"


@pytest.mark.parametrize("number", [0, 2**53 - 1, -(2**53 - 1), Decimal(7), "12"])
def test_a_big_number_is_exact_within_json(number: object) -> None:
    assert printed(BigInt, number) == int(str(number))


@pytest.mark.parametrize("number", [2**53, -(2**53), Decimal("1.5"), 1.5, True, "x", None])
def test_a_number_that_json_would_round_is_refused(number: object) -> None:
    with pytest.raises(GraphQLError, match="BigInt got"):
        printed(BigInt, number)
