"""Do funnels and warm-up curves count right, leave out excluded days and name their rates?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from api_client import Api
from factories import FIRST_DAY, Factory

FUNNEL = """
query($client: ID, $from: Date, $to: Date, $by: Period! = DAY, $all: Boolean! = false) {
  deliveryFunnel(clientId: $client, from: $from, to: $to, by: $by, includeExcluded: $all) {
    periods { firstDay lastDay days sent delivered replied }
    total {
      days sent delivered inbox spamPlaced hardBounced softBounced blockBounced complained
      stages { name label count ofSent { value } ofPrevious { value } }
      deliveryRate { value low high count total }
      inboxRate { count total } spamRate { count total } openRate { count total }
      clickRate { count total } replyRate { count total } bounceRate { count total }
      complaintRate { count total } unsubscribeRate { count total }
    }
    excludedDays { day reason isEverybodys }
  }
}
"""


def day(offset: int) -> str:
    return (FIRST_DAY + timedelta(days=offset)).isoformat()


def funnel(api: Api, **variables: Any) -> Any:
    return api.ask(FUNNEL, **variables)["deliveryFunnel"]


def test_a_funnel_counts_by_day_over_all_campaigns(api: Api, make: Factory) -> None:
    client = make.client()
    for _ in range(2):
        make.delivery(make.campaign(client_id=client.id), days=2, sent=100, delivered=90, replied=3)

    answer = funnel(api, client=str(client.id))

    assert answer["periods"] == [
        {
            "firstDay": day(offset),
            "lastDay": day(offset),
            "days": 1,
            "sent": 200,
            "delivered": 180,
            "replied": 6,
        }
        for offset in range(2)
    ]
    assert answer["total"]["sent"] == 400


def test_each_rate_has_its_own_denominator(api: Api, make: Factory) -> None:
    client = make.client()
    make.delivery(
        make.campaign(client_id=client.id),
        sent=1000,
        delivered=900,
        inbox=700,
        spam_placed=100,
        opened=300,
        clicked=60,
        replied=30,
        hard_bounced=20,
        soft_bounced=10,
        block_bounced=5,
        complained=2,
        unsubscribed=4,
    )

    total = funnel(api, client=str(client.id))["total"]

    rates = {name: (total[name]["count"], total[name]["total"]) for name in total if "Rate" in name}
    assert rates == {
        "deliveryRate": (900, 1000),
        "inboxRate": (700, 800),
        "spamRate": (100, 800),
        "openRate": (300, 900),
        "clickRate": (60, 900),
        "replyRate": (30, 900),
        "bounceRate": (35, 1000),
        "complaintRate": (2, 900),
        "unsubscribeRate": (4, 900),
    }
    delivery = total["deliveryRate"]
    assert delivery["low"] < delivery["value"] == 0.9 < delivery["high"]
    assert [stage["name"] for stage in total["stages"]] == [
        "sent",
        "delivered",
        "inbox",
        "opened",
        "clicked",
        "replied",
    ]
    assert total["stages"][3]["ofSent"]["value"] == 0.3
    assert total["stages"][4]["ofPrevious"]["value"] == 0.2
    assert total["stages"][0]["ofPrevious"] is None


def test_a_rate_without_denominator_is_unknown_not_zero(api: Api, make: Factory) -> None:
    client = make.client()
    make.delivery(make.campaign(client_id=client.id), sent=0, delivered=0, inbox=0)

    total = funnel(api, client=str(client.id))["total"]

    assert total["deliveryRate"] is None
    assert total["openRate"] is None
    assert total["spamRate"] is None


def test_every_rates_description_names_its_denominator(offline_api: Api) -> None:
    fields = offline_api.ask(
        """{ __type(name: "DeliveryNumbers") { fields { name description type { name } } } }"""
    )["__type"]["fields"]
    rates = {each["name"]: each["description"] for each in fields if each["type"]["name"] == "Rate"}

    assert len(rates) == 11
    assert all(" ÷ (" in text for text in rates.values())
    assert "÷ (delivered)" in rates["openRate"]
    assert "÷ (inbox + spam placed)" in rates["spamRate"]


def test_excluded_days_are_left_out_unless_asked_for_and_listed(api: Api, make: Factory) -> None:
    client = make.client()
    other = make.client()
    for each in (client, other):
        make.delivery(make.campaign(client_id=each.id), days=5, sent=10)
    make.excluded_day(client_id=client.id, day=FIRST_DAY + timedelta(days=1), reason="own outage")
    make.excluded_day(day=FIRST_DAY + timedelta(days=3), reason="holiday")
    make.excluded_day(client_id=other.id, day=FIRST_DAY, reason="another client's")

    without = funnel(api, client=str(client.id))
    with_them = funnel(api, client=str(client.id), all=True)

    assert [each["firstDay"] for each in without["periods"]] == [day(0), day(2), day(4)]
    assert without["total"]["sent"] == 30
    assert with_them["total"]["sent"] == 50
    assert (
        without["excludedDays"]
        == with_them["excludedDays"]
        == [
            {"day": day(1), "reason": "own outage", "isEverybodys": False},
            {"day": day(3), "reason": "holiday", "isEverybodys": True},
        ]
    )


def test_a_lifted_exclusion_counts_again(api: Api, make: Factory) -> None:
    client = make.client()
    make.delivery(make.campaign(client_id=client.id), sent=10)
    mark = make.excluded_day(client_id=client.id)
    assert funnel(api, client=str(client.id))["total"]["sent"] == 0

    api.ask(
        "mutation($ids: [ID!]!) { deleteExcludedDays(ids: $ids) { errors { code } } }",
        ids=[str(mark.id)],
    )

    assert funnel(api, client=str(client.id))["total"]["sent"] == 10


def test_weeks_run_from_monday_to_sunday_and_total_is_one_period(api: Api, make: Factory) -> None:
    client = make.client()
    make.delivery(make.campaign(client_id=client.id), days=9, sent=1, delivered=1, replied=0)

    weeks = funnel(api, client=str(client.id), by="WEEK")["periods"]
    (whole,) = funnel(api, client=str(client.id), by="TOTAL")["periods"]

    assert weeks == [
        {
            "firstDay": day(0),
            "lastDay": day(6),
            "days": 7,
            "sent": 7,
            "delivered": 7,
            "replied": 0,
        },
        {
            "firstDay": day(7),
            "lastDay": day(13),
            "days": 2,
            "sent": 2,
            "delivered": 2,
            "replied": 0,
        },
    ]
    assert (whole["firstDay"], whole["lastDay"], whole["sent"]) == (day(0), day(8), 9)


def test_months_are_calendar_months(api: Api, make: Factory) -> None:
    client = make.client()
    make.delivery(make.campaign(client_id=client.id), days=32, sent=1)

    months = funnel(api, client=str(client.id), by="MONTH")["periods"]

    assert [(each["firstDay"], each["lastDay"], each["days"]) for each in months] == [
        ("2026-03-01", "2026-03-31", 30),
        ("2026-04-01", "2026-04-30", 2),
    ]


def test_a_range_of_days_holds_its_first_and_last(api: Api, make: Factory) -> None:
    client = make.client()
    make.delivery(make.campaign(client_id=client.id), days=5, sent=1)

    answer = funnel(api, client=str(client.id), **{"from": day(1), "to": day(3)})

    assert [each["firstDay"] for each in answer["periods"]] == [day(1), day(2), day(3)]


def test_a_range_that_ends_before_it_begins_is_refused(api: Api, make: Factory) -> None:
    client = make.client()

    error = api.refused(FUNNEL, client=str(client.id), **{"from": day(3), "to": day(1)})

    assert "ends before it begins" in error["message"]


def test_everybodys_funnel_leaves_out_each_clients_own_days(api: Api, make: Factory) -> None:
    first, second = make.client(), make.client()
    for each in (first, second):
        make.delivery(make.campaign(client_id=each.id), days=2, sent=10)
    make.excluded_day(client_id=first.id)

    assert [each["sent"] for each in funnel(api)["periods"]] == [10, 20]


def test_an_unknown_client_has_no_funnel(api: Api) -> None:
    assert funnel(api, client="01970d6e-5c1a-7000-8000-000000000000") is None


def test_funnels_of_many_clients_cost_as_many_statements_as_one(api: Api, make: Factory) -> None:
    question = """{ clients { nodes { name
      deliveryFunnel(by: TOTAL) { total { sent replyRate { value } } }
      warmupCurve { day sent inboxRate { value } } } } }"""
    for client in make.clients(2):
        make.delivery(make.campaign(client_id=client.id), sent=7)
    with api.counting() as few:
        api.ask(question)
    for client in make.clients(20):
        make.delivery(make.campaign(client_id=client.id), sent=7)

    with api.counting() as many:
        answer = api.ask(question)["clients"]["nodes"]

    assert len(few) == len(many) == 5
    assert [each["deliveryFunnel"]["total"]["sent"] for each in answer] == [7] * 22


def test_a_campaign_has_a_funnel_of_its_own_without_its_clients_days(
    api: Api, make: Factory
) -> None:
    client, other = make.client(), make.client()
    for owner, sent in ((client, 10), (client, 20), (other, 40)):
        make.delivery(make.campaign(client_id=owner.id), days=3, sent=sent)
    make.excluded_day(client_id=client.id, reason="own")
    make.excluded_day(day=FIRST_DAY + timedelta(days=2), reason="everybody's")

    campaigns = api.ask(
        """{ campaigns { nodes { deliveryFunnel {
          total { sent } excludedDays { reason isEverybodys } } } } }"""
    )["campaigns"]["nodes"]

    assert [each["deliveryFunnel"]["total"]["sent"] for each in campaigns] == [10, 20, 80]
    assert campaigns[0]["deliveryFunnel"]["excludedDays"] == [
        {"reason": "own", "isEverybodys": False},
        {"reason": "everybody's", "isEverybodys": True},
    ]
    assert campaigns[2]["deliveryFunnel"]["excludedDays"] == [
        {"reason": "everybody's", "isEverybodys": True}
    ]


def test_a_day_excluded_twice_over_tells_both_reasons(api: Api, make: Factory) -> None:
    box = make.mailbox(client_id=make.client().id)
    make.warmup(box)
    make.excluded_day(client_id=box.client_id, reason="login lost")
    make.excluded_day(reason="holiday")

    (day_shown,) = api.ask(
        "query($id: ID!) { mailbox(id: $id) { warmupCurve { excludedReason } } }", id=str(box.id)
    )["mailbox"]["warmupCurve"]

    assert day_shown == {"excludedReason": "holiday; login lost"}


def test_a_warm_up_curve_sums_mailboxes_and_marks_excluded_days(api: Api, make: Factory) -> None:
    client = make.client()
    boxes = [make.mailbox(client_id=client.id) for _ in range(2)]
    for box in boxes:
        make.warmup(box, days=2, planned=20, sent=15, landed_inbox=9, landed_spam=1, missing=5)
    make.excluded_day(client_id=client.id, reason="login lost")

    curve = api.ask(
        """query($id: ID!) { warmupCurve(clientId: $id) {
          day mailboxes planned sent landedInbox landedSpam missing isExcluded excludedReason
          inboxRate { value count total } adherence { value } } }""",
        id=str(client.id),
    )["warmupCurve"]

    expected = {
        "mailboxes": 2,
        "planned": 40,
        "sent": 30,
        "landedInbox": 18,
        "landedSpam": 2,
        "missing": 10,
        "inboxRate": {"value": 0.9, "count": 18, "total": 20},
        "adherence": {"value": 0.75},
    }
    assert curve == [
        {"day": day(0), **expected, "isExcluded": True, "excludedReason": "login lost"},
        {"day": day(1), **expected, "isExcluded": False, "excludedReason": None},
    ]


def test_a_mailbox_has_a_warm_up_curve_of_its_own(api: Api, make: Factory) -> None:
    client = make.client()
    box, other = (make.mailbox(client_id=client.id) for _ in range(2))
    make.warmup(box, days=3, sent=4)
    make.warmup(other, days=3, sent=9)

    curve = api.ask(
        "query($id: ID!, $from: Date!) { mailbox(id: $id) { warmupCurve(from: $from) { sent } } }",
        id=str(box.id),
        **{"from": day(1)},
    )["mailbox"]["warmupCurve"]

    assert curve == [{"sent": 4}, {"sent": 4}]
