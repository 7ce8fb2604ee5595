"""Is the demo company real where it says so, generated where it says so, and always the same?"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.demo.company import FILES, TABLES, Company, build
from hub.demo.days import DAYS, Period
from hub.demo.identifiers import airtable_id, row_id
from hub.demo.report import Applied
from hub.demo.rows import HubRow

TODAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def company() -> Company:
    return build(today=TODAY)


def flaws(company: Company) -> dict[str, int]:
    return {kept.flaw: kept.count for kept in company.report.kept}


def integer(row: HubRow, column: str) -> int:
    value = row[column]
    assert isinstance(value, int)
    return value


def test_85_accounts_become_clients(company: Company) -> None:
    clients = company.rows["client"]

    assert len(clients) == 85
    assert len({client["name"] for client in clients}) == 85
    acme = next(client for client in clients if client["name"] == "Acme Corporation")
    assert acme["annual_revenue"] == Decimal("1100.04")
    assert (acme["founded_year"], acme["employee_count"]) == (1996, 2822)


def test_subsidiaries_name_their_parent(company: Company) -> None:
    by_id = {client["id"]: client for client in company.rows["client"]}
    parents = {
        str(client["name"]): str(by_id[client["parent_client_id"]]["name"])
        for client in company.rows["client"]
        if client["parent_client_id"]
    }

    assert parents["Bluth Company"] == "Acme Corporation"
    assert len(parents) == 15


def test_the_pipeline_becomes_8800_deals_with_its_flaws(company: Company) -> None:
    deals = company.rows["deal"]
    stages = Counter(deal["stage"] for deal in deals)

    assert stages == {"won": 4238, "lost": 2473, "engaging": 1589, "prospecting": 500}
    assert sum(deal["client_id"] is None for deal in deals) == 1_425
    assert sum(deal["engaged_on"] is None and deal["closed_on"] is None for deal in deals) == 500
    assert flaws(company)["deals without an account"] == 1_425
    assert flaws(company)["open deals without dates"] == 500
    assert flaws(company)["sellers without a deal"] == 5


def test_a_lost_deal_is_worth_nothing_and_an_open_one_is_worth_unknown(company: Company) -> None:
    amounts = {stage: set[object]() for stage in ("lost", "engaging", "prospecting")}
    for deal in company.rows["deal"]:
        if deal["stage"] in amounts:
            amounts[str(deal["stage"])].add(deal["amount"])

    assert amounts == {"lost": {Decimal(0)}, "engaging": {None}, "prospecting": {None}}


def test_sales_teams_give_manager_and_region(company: Company) -> None:
    teams = {(deal["owner"], deal["manager"], deal["region"]) for deal in company.rows["deal"]}

    assert ("Moses Frase", "Dustin Brinkmann", "Central") in teams
    assert len(teams) == 30
    assert all(manager and region for _, manager, region in teams)


def test_every_application_of_a_spelling_rule_is_counted(company: Company) -> None:
    counted = {
        (rule.column, rule.found, rule.became): rule.count for rule in company.report.applied
    }

    assert counted == {
        ("sector", "technolgy", "technology"): 12,
        ("office_location", "Philipines", "Philippines"): 1,
        ("product", "GTXPro", "GTX Pro"): 1_480,
    }
    assert company.report.cells_changed == 1_493
    assert {deal["product"] for deal in company.rows["deal"]} == {
        "GTX Basic", "GTX Pro", "MG Special", "MG Advanced", "GTX Plus Pro", "GTX Plus Basic",
        "GTK 500",
    }  # fmt: skip


def test_the_report_survives_as_json(company: Company) -> None:
    text = company.report.to_json()

    assert '"found": "GTXPro"' in text
    assert isinstance(company.report.applied[0], Applied)


def test_the_origin_of_the_sheets_is_named() -> None:
    origin = (FILES / "ORIGIN.md").read_text(encoding="utf-8")

    assert "public domain" in origin
    assert all(path.name in origin for path in FILES.glob("*.csv"))


def test_the_same_seed_and_day_give_the_same_company(company: Company) -> None:
    assert company == build(today=TODAY)


def test_another_day_keeps_every_id_of_people_and_campaigns(company: Company) -> None:
    later = build(today=TODAY + timedelta(days=3))

    for table in ("client", "contact", "campaign", "deal", "mailbox", "sending_domain"):
        assert [row["id"] for row in company.rows[table]] == [
            row["id"] for row in later.rows[table]
        ]


def test_another_seed_gives_other_ids_and_the_same_sheets(company: Company) -> None:
    other = build(seed=8, today=TODAY)

    assert {row["id"] for row in company.rows["deal"]}.isdisjoint(
        row["id"] for row in other.rows["deal"]
    )
    assert [row["code"] for row in company.rows["deal"]] == [
        row["code"] for row in other.rows["deal"]
    ]
    assert replace(company.report, generated=()) == replace(other.report, generated=())


def test_ids_are_unique_and_every_reference_is_met(company: Company) -> None:
    ids = {table: {row.get("id") for row in company.rows[table]} for table in TABLES}
    for table in TABLES:
        for row in company.rows[table]:
            for column, target in (
                ("client_id", "client"),
                ("parent_client_id", "client"),
                ("campaign_id", "campaign"),
                ("mailbox_id", "mailbox"),
                ("sending_domain_id", "sending_domain"),
            ):
                assert row.get(column) is None or row[column] in ids[target]
    assert all(len(ids[table]) == len(company.rows[table]) for table in TABLES[:8])


@pytest.mark.parametrize("table", TABLES)
def test_text_is_canonical(company: Company, table: str) -> None:
    texts = {
        value for row in company.rows[table] for value in row.values() if isinstance(value, str)
    }

    assert all(text == " ".join(text.split()) and text for text in texts)


def test_people_are_reachable_at_reserved_names_only(company: Company) -> None:
    addresses = [str(row["email"]) for row in company.rows["contact"]]
    addresses += [str(row["address"]) for row in company.rows["mailbox"]]

    assert all(address.endswith(".example") for address in addresses)
    assert all(re.fullmatch(r"[a-z0-9.-]+@[a-z0-9.-]+", address) for address in addresses)
    assert len(set(addresses)) == len(addresses)
    assert all(re.search(r" 555 01\d\d$", str(row["phone"])) for row in company.rows["contact"])


def test_each_client_has_its_people_campaigns_and_mailboxes(company: Company) -> None:
    for table, low, high in (("contact", 2, 3), ("campaign", 1, 3), ("mailbox", 2, 4)):
        counts = Counter(row["client_id"] for row in company.rows[table])
        assert len(counts) == 85
        assert set(counts.values()) <= set(range(low, high + 1))


def test_no_message_is_lost_or_made_up(company: Company) -> None:
    for row in company.rows["delivery_metric_daily"]:
        bounced = sum(integer(row, f"{kind}_bounced") for kind in ("hard", "soft", "block"))
        open_still = integer(row, "sent") - integer(row, "delivered") - bounced
        assert open_still >= 0
        assert open_still == 0 or row["day"] == company.period.last
        assert integer(row, "inbox") + integer(row, "spam_placed") == row["delivered"]
        assert 0 <= integer(row, "opened") <= integer(row, "inbox")
        assert 0 <= integer(row, "clicked") <= integer(row, "opened")
        assert 0 <= integer(row, "replied") <= integer(row, "opened")
        assert 0 <= integer(row, "complained") <= integer(row, "delivered")


def test_no_campaign_sends_more_than_its_limit_or_outside_its_days(company: Company) -> None:
    campaigns = {row["id"]: row for row in company.rows["campaign"]}
    for row in company.rows["delivery_metric_daily"]:
        campaign, day = campaigns[row["campaign_id"]], row["day"]
        assert integer(row, "sent") <= integer(campaign, "daily_limit")
        assert isinstance(day, date)
        assert not isinstance(campaign["starts_on"], date) or campaign["starts_on"] <= day
        assert not isinstance(campaign["ends_on"], date) or day <= campaign["ends_on"]


def test_numbers_cover_90_days_up_to_yesterday(company: Company) -> None:
    for table in ("delivery_metric_daily", "warmup_daily"):
        days = {row["day"] for row in company.rows[table]}
        assert days <= set(company.period.days)
        assert TODAY - timedelta(days=1) in days
    assert len({row["day"] for row in company.rows["delivery_metric_daily"]}) == DAYS


def test_weekends_are_quiet(company: Company) -> None:
    sent: Counter[int] = Counter()
    for row in company.rows["delivery_metric_daily"]:
        assert isinstance(row["day"], date)
        sent[row["day"].weekday()] += integer(row, "sent")

    assert max(sent[5], sent[6]) < 0.2 * min(sent[day] for day in range(5))
    assert sent[1] > sent[4]


def rate(company: Company, column: str, day: date, client: UUID | None = None) -> float:
    rows = [
        row
        for row in company.rows["delivery_metric_daily"]
        if row["day"] == day and client in (None, row["client_id"])
    ]
    return sum(integer(row, column) for row in rows) / sum(integer(row, "sent") for row in rows)


def test_two_bad_days_are_planted_and_excluded_with_their_reasons(company: Company) -> None:
    period, client = company.period, company.outage_client_id
    excluded = {(row["client_id"], row["day"]) for row in company.rows["excluded_day"]}

    assert excluded == {(None, period.blocklist_day), (client, period.outage_day)}
    assert all(row["reason"] for row in company.rows["excluded_day"])
    assert rate(company, "block_bounced", period.blocklist_day) > 0.15
    assert rate(company, "block_bounced", period.outage_day) < 0.02
    assert rate(company, "soft_bounced", period.outage_day, client) > 0.4
    assert rate(company, "soft_bounced", period.blocklist_day, client) < 0.03


@given(st.dates(min_value=date(2020, 1, 1), max_value=date(2040, 1, 1)))
def test_bad_days_are_working_days_within_the_period(today: date) -> None:
    period = Period(today=today)

    assert period.blocklist_day.weekday() == 1
    assert period.outage_day.weekday() == 3
    assert period.first <= period.blocklist_day < period.outage_day <= period.last


def test_warm_up_is_conserved_and_its_placement_improves(company: Company) -> None:
    placed: dict[object, list[float]] = {}
    for row in company.rows["warmup_daily"]:
        landed = integer(row, "landed_inbox") + integer(row, "landed_spam")
        assert landed + integer(row, "missing") == row["sent"]
        assert integer(row, "replied") <= integer(row, "landed_inbox")
        placed.setdefault(row["mailbox_id"], [])
    ramps = [
        [r for r in company.rows["warmup_daily"] if r["mailbox_id"] == mailbox["id"]]
        for mailbox in company.rows["mailbox"]
        if mailbox["state"] == "sending"
    ]
    early = [row for rows in ramps for row in rows[:7]]
    late = [row for rows in ramps for row in rows[-7:]]

    def inbox_share(rows: list[HubRow]) -> float:
        return sum(integer(r, "landed_inbox") for r in rows) / sum(integer(r, "sent") for r in rows)

    assert inbox_share(early) < 0.8
    assert inbox_share(late) > 0.9
    assert all(integer(rows[0], "planned") < integer(rows[-1], "planned") for rows in ramps)


def test_mailboxes_that_were_just_created_have_no_warm_up(company: Company) -> None:
    warmed = {row["mailbox_id"] for row in company.rows["warmup_daily"]}
    created = {row["id"] for row in company.rows["mailbox"] if row["state"] == "created"}

    assert created
    assert not created & warmed


@given(st.integers(), st.text(), st.text())
def test_ids_have_their_shapes_and_depend_on_the_key_alone(seed: int, kind: str, key: str) -> None:
    made = row_id(seed, kind, key)

    assert made == row_id(seed, kind, key)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert re.fullmatch(r"rec[A-Za-z0-9]{14}", airtable_id(seed, "rec", kind, key))
    assert made != row_id(seed, kind, key + "x")
