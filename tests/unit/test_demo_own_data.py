"""Can people bring their own sheets, and are they told what is wrong with them?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from workbooks import write_workbook

from hub.demo.base_file import base_json
from hub.demo.company import FILES, Company, build
from hub.demo.rows import HubRow
from hub.errors import InvalidInput

TODAY = date(2026, 11, 25)
ACCOUNTS = "account,sector,revenue\nAlpha,software,12.5\nBeta,retail,7\n"


def built(folder: Path, **files: str) -> Company:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return build(today=TODAY, source=folder)


def by(company: Company, table: str, column: str) -> dict[object, HubRow]:
    return {row[column]: row for row in company.rows[table]}


def test_accounts_alone_are_enough(tmp_path: Path) -> None:
    company = built(tmp_path, mine=ACCOUNTS)

    assert ["Alpha", "Beta"] == [row["name"] for row in company.rows["client"]]
    assert company.rows["deal"] == ()
    assert company.rows["delivery_metric_daily"]
    assert base_json(company)["bases"][0]["records"]


def test_sheets_are_known_by_their_headers_whatever_they_are_called(tmp_path: Path) -> None:
    company = built(
        tmp_path,
        x1="\ufeffCompany;Industry;Annual Revenue;Country\nAlpha;software;1.234,5;Italy\n",
        x2="Deal ID;Owner;Customer;STAGE;Closing date;Amount\nD1;Ann;alpha;won;24.12.2025;99,90\n",
        x3="Sales rep;Team lead;Region\nAnn;Bob;North\n",
    )

    alpha, deal = company.rows["client"][0], company.rows["deal"][0]
    assert (alpha["annual_revenue"], alpha["country"]) == (Decimal("1234.50"), "Italy")
    assert deal["client_id"] == alpha["id"]
    assert (deal["amount"], deal["closed_on"]) == (Decimal("99.90"), date(2025, 12, 24))
    assert (deal["manager"], deal["region"]) == ("Bob", "North")
    assert [(a.rule, a.found, a.became) for a in company.report.applied] == [
        ("capitals", "alpha", "Alpha")
    ]


def test_a_workbook_with_a_title_above_its_headers_works(tmp_path: Path) -> None:
    write_workbook(
        tmp_path / "book.xlsx",
        {
            "Notes": [["Please do not sort"]],
            "Clients": [
                ["Our clients"],
                [],
                ["Account", "Sector", "Employees", "Status"],
                ["Alpha", "software", 12, "Paused"],
            ],
            "Deals": [
                ["Opportunity", "Account", "Stage", "Engaged on", "Amount"],
                ["D1", "Alpha", "Engaging", date(2026, 1, 5), None],
            ],
        },
    )

    company = build(today=TODAY, source=tmp_path)

    client = company.rows["client"][0]
    assert (client["employee_count"], client["status"]) == (12, "paused")
    assert company.rows["deal"][0]["engaged_on"] == date(2026, 1, 5)
    assert ("book.xlsx, sheet Notes", "nothing") in [
        (read.file, read.taken_for) for read in company.report.read
    ]


def test_the_demo_files_as_a_workbook_give_the_same_rows(tmp_path: Path) -> None:
    import csv

    sheets = {}
    for path in FILES.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            sheets[path.stem] = [list[object](row) for row in csv.reader(file)]
    write_workbook(tmp_path / "all.xlsx", sheets)

    assert build(today=TODAY).rows == build(today=TODAY, source=tmp_path).rows


def test_a_rule_of_ones_own_is_a_row_in_a_sheet(tmp_path: Path) -> None:
    company = built(
        tmp_path,
        accounts=ACCOUNTS,
        spelling="sheet,column,from,to,reason\naccounts,Sector,software,Software,House style\n",
    )

    assert by(company, "client", "name")["Alpha"]["sector"] == "Software"
    assert [(a.found, a.became, a.count, a.reason) for a in company.report.applied] == [
        ("software", "Software", 1, "House style")
    ]


def test_rows_that_fit_nothing_are_kept_and_reported(tmp_path: Path) -> None:
    company = built(
        tmp_path,
        accounts=ACCOUNTS,
        deals=(
            "opportunity_id,account,deal_stage,engage_date,close_date,close_value,product\n"
            "D1,Alpa,Won,2026-02-01,2026-01-01,,GTXX\n"
            "D2,,Engaging,,,,GTX\n"
        ),
        products="product,price\nGTX,5\n",
    )

    kept = {flaw.flaw: flaw for flaw in company.report.kept}
    assert kept["deals with an account that is not in the account sheet"].examples == (
        "Alpa (close to Alpha)",
    )
    assert kept["deals of a product that is not in the product sheet"].examples == (
        "GTXX (close to GTX)",
    )
    assert set(kept) >= {
        "deals without an account",
        "deals closed before they were engaged",
        "won deals without an amount",
        "engaged or closed deals without the day of engagement",
    }
    assert len(company.rows["deal"]) == 2


def test_invisible_blanks_and_fractions_of_cents_are_counted(tmp_path: Path) -> None:
    company = built(tmp_path, accounts="account,revenue\n Alpha  One ,1.005\n")

    client = company.rows["client"][0]
    assert (client["name"], client["annual_revenue"]) == ("Alpha One", Decimal("1.00"))
    assert {"blanks", "cents"} == {rule.rule for rule in company.report.applied}


def test_parents_are_found_in_other_capitals_and_missing_ones_reported(tmp_path: Path) -> None:
    company = built(
        tmp_path, accounts="account,parent\nAlpha,\nBeta,ALPHA\nGamma,Omega\nDelta,Delta Inc\n"
    )

    clients = by(company, "client", "name")
    assert clients["Beta"]["parent_client_id"] == clients["Alpha"]["id"]
    assert clients["Gamma"]["parent_client_id"] is None
    assert company.report.kept[0].count == 2


@pytest.mark.parametrize(
    ("files", "told"),
    [
        # each message names file, row, column, what came and what would be valid
        (
            {"accounts": "account,revenue\nAlpha,much\n"},
            ["accounts.csv, row 2", 'column "revenue"', 'got "much"', "a number such as"],
        ),
        (
            {"accounts": "account,founded\nAlpha,19960\n"},
            ["row 2", 'column "founded"', 'got "19960"', "a whole number from"],
        ),
        (
            {"accounts": "account,employees\nAlpha,2.5\n"},
            ["row 2", 'column "employees"', 'got "2.5"'],
        ),
        (
            {"accounts": "account,sector\nAlpha,x\nBeta,x\nAlpha,y\n"},
            ["row 4", 'got "Alpha"', "each account once (row 2 has it already)"],
        ),
        (
            {"accounts": "account,sector\n,x\n"},
            ["row 2", 'got "nothing"', "the account's name"],
        ),
        (
            {"accounts": "account,status\nAlpha,activ\n"},
            ['got "activ"', "onboarding, warming, active", 'did you mean "active"?'],
        ),
        (
            {"accounts": "account,sector\nAlpha,x,y\n"},
            ["row 2", 'got "y"', "at most 2 cells"],
        ),
        (
            {
                "accounts": ACCOUNTS,
                "deals": "deal id,account,stage\nD1,Alpha,Wonn\n",
            },
            [
                "deals.csv, row 2",
                'column "stage"',
                'got "Wonn"',
                "Prospecting, Engaging, Won, Lost",
                'did you mean "Won"?',
            ],
        ),
        (
            {
                "accounts": ACCOUNTS,
                "deals": "deal id,account,stage\nD1,Alpha,Won\nD1,Beta,Won\n",
            },
            ["row 3", 'got "D1"', "a number of its own"],
        ),
        (
            {
                "accounts": ACCOUNTS,
                "deals": "deal id,account,stage,close date\nD1,Alpha,Won,3/4/2026\n",
            },
            ['got "3/4/2026"', "day or month first cannot be told"],
        ),
        # the folder as a whole
        ({"deals": "deal id,account,stage\nD1,Alpha,Won\n"}, ["no sheet of accounts found"]),
        (
            {"mine": "acount,sector\nAlpha,x\n"},
            ["no sheet of accounts", '"acount" is close to "account"', "Rename the header"],
        ),
        ({"mine": "\n\n"}, ["mine.csv is empty"]),
        ({"a": ACCOUNTS, "b": ACCOUNTS}, ["a.csv and b.csv", "both look like accounts"]),
        (
            {
                "accounts": ACCOUNTS,
                "spelling": "sheet,column,from,to\naccounts,sektor,x,y\n",
            },
            ["spelling.csv, row 2", 'got "sektor"', 'Did you mean "sector"?'],
        ),
        (
            {"accounts": ACCOUNTS, "spelling": "sheet,column,from,to\naccounts,sector,,y\n"},
            ["spelling.csv, row 2, column from", "Write the text"],
        ),
        (
            {"accounts": ACCOUNTS, "teams": "sales agent,manager\nAnn,Bob\nAnn,Cleo\n"},
            ["teams.csv, row 3", 'got "Ann"', "each seller once"],
        ),
        (
            {"accounts": "account,sector\nAl\x00pha,x\n"},
            ["row 2", "a zero byte"],
        ),
        (
            {"accounts": "account,revenue\nAlpha,9999999999999\n"},
            ["row 2", "a number below 1,000,000,000,000"],
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    tmp_path: Path, files: dict[str, str], told: list[str]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        built(tmp_path, **files)

    for part in told:
        assert part in refused.value.message


def test_all_problems_are_told_at_once_and_the_many_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"Client {number},much\n" for number in range(30))

    with pytest.raises(InvalidInput, match=r"row 2,.*row 9,.*and 22 more.*Nothing was loaded"):
        built(tmp_path, accounts=f"account,revenue\n{rows}")


def test_names_in_any_script_get_domains_that_differ(tmp_path: Path) -> None:
    company = built(tmp_path, accounts="account,sector\nÄrzte AG,x\nArzte-AG,x\n東京,x\n株式,x\n")

    domains = [str(row["name"]) for row in company.rows["sending_domain"]]
    assert len(set(domains)) == len(domains)
    assert all(domain.isascii() for domain in domains)


@pytest.mark.parametrize("status", ["onboarding", "warming", "active", "paused", "churned"])
def test_clients_of_any_status_make_a_whole_company(tmp_path: Path, status: str) -> None:
    company = built(tmp_path, accounts=f"account,status\nAlpha,{status}\nBeta,{status}\n")

    assert {status} == {row["status"] for row in company.rows["client"]}
    assert len(company.rows["excluded_day"]) == 2
    assert company.rows["mailbox"]
    assert all(row["client_id"] for row in company.rows["delivery_metric_daily"])
    assert "client.status" not in {made.what for made in company.report.generated}
    base_json(company)
