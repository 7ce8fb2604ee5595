"""Does a filter keep the records that the formula is true for?"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from sandbox_base import BASE, KITCHEN, sample
from sandbox_server import SandboxServer

TABLE = f"/v0/{BASE}/{KITCHEN}"


@pytest.fixture(scope="module")
def loaded() -> Iterator[SandboxServer]:
    server = SandboxServer().start()
    body = sample()
    body["bases"][0]["records"][KITCHEN] = [
        {
            "id": "recFull0000000000",
            "createdTime": "2026-03-01T10:00:00.000Z",
            "fields": {
                "Key": "Full 'quoted' \"one\"",
                "Number": 10,
                "Percent": 0.5,
                "Done": True,
                "Day": "2026-03-15",
                "Moment": "2026-03-15T13:45:30.000Z",
                "One": "red",
                "Many": ["a", "b"],
                "Mail": "Ada@Example.com",
            },
        },
        {"id": "recEmpty000000000", "createdTime": "2026-01-01T00:00:00.000Z", "fields": {}},
    ]
    server.load(body)
    yield server
    server.stop()


FULL, EMPTY, BOTH, NONE = ["recFull0000000000"], ["recEmpty000000000"], 2, 0
FORMULAS: list[tuple[str, list[str] | int]] = [
    ("{Number}=10", FULL),
    ("Number = 10", FULL),  # a bare name
    ("{fldNumber00000000}=10", FULL),  # an id
    ("{Number}!=10", EMPTY),
    ("{Number}>=10", FULL),
    ("{Number}<10", EMPTY),
    ("{Number}", FULL),
    ("{Number}=BLANK()", EMPTY),
    ("NOT({Number}=BLANK())", FULL),
    ("{Key}=''", EMPTY),
    ("{Done}", FULL),
    ("{Done}=1", FULL),
    ("NOT({Done})", EMPTY),
    ("{One}='red'", FULL),
    ("{Many}='a, b'", FULL),
    ("FIND('b', ARRAYJOIN({Many}))", FULL),
    ("RECORD_ID()='recEmpty000000000'", EMPTY),
    ("OR(RECORD_ID()='recEmpty000000000', RECORD_ID()='recFull0000000000')", BOTH),
    ("AND(RECORD_ID()='recEmpty000000000', {Number}=10)", NONE),
    ("'recFull0000000000'=RECORD_ID()", FULL),
    ("CREATED_TIME()>'2026-02-01'", FULL),
    ("LAST_MODIFIED_TIME()<'2026-02-01T00:00:00Z'", EMPTY),
    ("IS_AFTER(LAST_MODIFIED_TIME({Number}), '2026-02-01')", FULL),
    ('{Key}="Full \'quoted\' \\"one\\""', FULL),
    ("{Key}='Full \\'quoted\\' \"one\"'", FULL),
    ("LOWER({Mail})='ada@example.com'", FULL),
    ("UPPER(LEFT({Mail},3))='ADA'", FULL),
    ("RIGHT({Mail},4)='.com'", FULL),
    ("MID({Mail},2,2)='da'", FULL),
    ("LEN({Mail})=15", FULL),
    ("FIND('@',{Mail})=4", FULL),
    ("SEARCH('EXAMPLE',{Mail})", FULL),
    ("SUBSTITUTE({Mail},'a','')='Ad@Exmple.com'", FULL),
    ("REPLACE({Mail},1,3,'X')='X@Example.com'", FULL),
    ("TRIM('  x ')='x'", BOTH),
    ("REPT('ab',2)='abab'", BOTH),
    ("CONCATENATE({Number},'-',{One})='10-red'", FULL),
    ("{Number}&'-'&{One}='10-red'", FULL),
    ("VALUE('1,200')=1200", BOTH),
    ("EXACT('a','A')", NONE),
    ("REGEX_MATCH({Mail},'^[A-Z].*com$')", FULL),
    ("REGEX_EXTRACT({Mail},'@(.*)')='Example.com'", FULL),
    ("REGEX_REPLACE('abc','b','x')='axc'", BOTH),
    ("ENCODE_URL_COMPONENT('a b&c')='a%20b%26c'", BOTH),
    ("1+2*3=7", BOTH),
    ("(1+2)*3=9", BOTH),
    ("-{Number}=-10", FULL),
    ("10/4=2.5", BOTH),
    ("1/0", BOTH),  # Infinity is not among the values that drop a record
    ("0/0", NONE),  # NaN
    ("VALUE('x')", NONE),  # #ERROR!
    ("ISERROR(VALUE('x'))", BOTH),
    ("ERROR()", NONE),
    ("IF({Done},'yes','')", FULL),
    ("SWITCH({One},'red',1,0)", FULL),
    ("XOR({Done},TRUE())", EMPTY),
    ("AND(TRUE(),{Done})", FULL),
    ("OR(FALSE(),NOT({Done}))", EMPTY),
    ("SUM({Number},5)=15", FULL),
    ("MAX({Number},5)=5", EMPTY),
    ("MIN(3,2,1)=1", BOTH),
    ("AVERAGE(1,2,3)=2", BOTH),
    ("COUNTA({Number},{Key})=2", FULL),
    ("ROUND(2.345,2)=2.35", BOTH),
    ("ROUNDUP(2.1,0)=3", BOTH),
    ("ROUNDDOWN(-2.9,0)=-2", BOTH),
    ("INT(-2.1)=-3", BOTH),
    ("MOD(-1,3)=2", BOTH),
    ("CEILING(7,5)=10", BOTH),
    ("FLOOR(7,5)=5", BOTH),
    ("EVEN(3)=4", BOTH),
    ("ABS(-3)=3", BOTH),
    ("POWER(2,3)=8", BOTH),
    ("{Day}='2026-03-15'", FULL),
    ("IS_BEFORE({Day},'2026-03-16')", FULL),
    ("IS_SAME({Moment},{Day},'day')", FULL),
    ("DATETIME_DIFF({Moment},{Day},'hours')=13", FULL),
    ("DATETIME_DIFF('2026-03-15','2026-01-16','months')=1", BOTH),
    ("DATEADD({Day},1,'months')='2026-04-15'", FULL),
    ("DATEADD('2026-01-31',1,'month')='2026-02-28'", BOTH),
    ("DATETIME_FORMAT({Moment},'YYYY-MM-DD HH:mm')='2026-03-15 13:45'", FULL),
    ("YEAR({Day})=2026", FULL),
    ("MONTH({Day})=3", FULL),
    ("WEEKDAY({Day})=0", FULL),  # a Sunday
    ("DATESTR({Moment})='2026-03-15'", FULL),
    ("{Double}=20", FULL),  # a formula of a formula
    ("  ", BOTH),  # no formula at all
]


@pytest.mark.parametrize(("formula", "expected"), FORMULAS)
def test_a_formula_keeps_its_records(
    loaded: SandboxServer, formula: str, expected: list[str] | int
) -> None:
    status, answer = loaded.call("GET", f"{TABLE}?filterByFormula={quote(formula)}")
    found = [each["id"] for each in answer["records"]]

    assert 200 == status
    assert expected == (len(found) if isinstance(expected, int) else found)


@pytest.mark.parametrize(
    "formula",
    ["{Number}=", "AND(", "IF()", "LEN()", "'open", "{open", "1 2", "LAST_MODIFIED_TIME(1)", ")"],
)
def test_what_is_no_formula_is_refused(loaded: SandboxServer, formula: str) -> None:
    status, answer = loaded.call("GET", f"{TABLE}?filterByFormula={quote(formula)}")

    assert (422, "INVALID_FILTER_BY_FORMULA") == (status, answer["error"]["type"])
