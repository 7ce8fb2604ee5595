"""What does the stand-in for Airtable cost with 100,000 records in a base?

    python bench/bench_sandbox.py [--records 100000] [--rounds 20] [--no-browser] [--json]

It runs as a process of its own, as people start it, on the loopback. Medians of the wall clock as
a client sees it; beside them the processor time that the stand-in took, which a busy machine
distorts least. The memory is the process's largest. Chromium opens the grid page cold; while it
scrolls through the whole table, every frame is looked at for rows that are missing.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from rich.console import Console
from rich.table import Table

BASE, COMPANIES, DEALS = "appBench000000000", "tblCompanies00000", "tblDeals000000000"
STAGES = ("Lead", "Talk", "Offer", "Won", "Lost")
COMPANY_SHARE = 20
SCROLL_STEPS = 100
TARGETS = {
    "page of 100": 20.0,
    "filtered and sorted first page": 300.0,
    "memory": 500.0,
    "grid page open": 2000.0,
    "frames with a gap": 0.0,
}
# After each step two frames pass; then every place in sight must hold a row.
SCROLL = """
async steps => {
  const holder = document.querySelector('.grid:not([hidden]) .tabulator-tableholder');
  const box = holder.getBoundingClientRect();
  const frame = () => new Promise(requestAnimationFrame);
  const end = holder.scrollHeight - holder.clientHeight;
  let gaps = 0;
  for (let step = 0; step <= steps; step += 1) {
    holder.scrollTop = end * step / steps;
    await frame();
    await frame();
    for (let y = box.top + 4; y < box.top + holder.clientHeight - 4; y += 20) {
      const found = document.elementFromPoint(box.left + 60, y);
      if (!found || !found.closest('.tabulator-row')) { gaps += 1; break; }
    }
  }
  return gaps;
}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measurement and what it shall not pass."""

    name: str
    value: float
    unit: str
    target: float | None = None
    cpu_ms: float | None = None


def field(table: str, name: str) -> str:
    """The id of a field of the base."""
    return f"fld{(table + re.sub(r'[^A-Za-z]', '', name))[:14]:0<14}"


def record(prefix: str, number: int) -> str:
    """The id of a record of the base."""
    return f"rec{prefix}{number:0{14 - len(prefix)}d}"


def base_file(records: int) -> dict[str, Any]:
    """Companies and their deals, together so many records, as a file to load."""
    companies = max(1, records // COMPANY_SHARE)
    made = "2026-01-01T00:00:00.000Z"
    choices = [{"id": f"sel{name:0<14}", "name": name, "color": "blueLight2"} for name in STAGES]

    def described(table: str, name: str, kind: str, **options: Any) -> dict[str, Any]:
        shape: dict[str, Any] = {"id": field(table, name), "name": name, "type": kind}
        return {**shape, "options": options} if options else shape

    return {
        "bases": [
            {
                "id": BASE,
                "name": "Bench",
                "tables": [
                    {
                        "id": COMPANIES,
                        "name": "Companies",
                        "primaryFieldId": field("C", "Name"),
                        "fields": [
                            described("C", "Name", "singleLineText"),
                            described("C", "Mail", "email"),
                            described("C", "Deals", "multipleRecordLinks", linkedTableId=DEALS,
                                      inverseLinkFieldId=field("D", "Company")),
                            described("C", "Count", "count", recordLinkFieldId=field("C", "Deals")),
                        ],
                        "views": [{"id": "viwCompanies00000", "name": "Grid", "type": "grid"}],
                    },
                    {
                        "id": DEALS,
                        "name": "Deals",
                        "primaryFieldId": field("D", "Title"),
                        "fields": [
                            described("D", "Title", "singleLineText"),
                            described("D", "Stage", "singleSelect", choices=choices),
                            described("D", "Amount", "currency", precision=2, symbol="€"),
                            described("D", "Closes", "date",
                                      dateFormat={"name": "iso", "format": "YYYY-MM-DD"}),
                            described("D", "Note", "multilineText"),
                            described("D", "Won", "checkbox", icon="check", color="greenBright"),
                            described("D", "Chance", "percent", precision=0),
                            described("D", "Company", "multipleRecordLinks",
                                      linkedTableId=COMPANIES,
                                      inverseLinkFieldId=field("C", "Deals")),
                            described("D", "Company mail", "multipleLookupValues",
                                      recordLinkFieldId=field("D", "Company"),
                                      fieldIdInLinkedTable=field("C", "Mail")),
                            described("D", "Expected", "formula", formula="{Amount}*{Chance}"),
                            described("D", "Changed", "lastModifiedTime",
                                      result={"type": "dateTime"}),
                        ],
                        "views": [{"id": "viwDeals000000000", "name": "Grid", "type": "grid"}],
                    },
                ],
                "records": {
                    COMPANIES: [
                        {
                            "id": record("Co", number),
                            "createdTime": made,
                            "fields": {"Name": f"Company {number}", "Mail": f"c{number}@x.example"},
                        }
                        for number in range(companies)
                    ],
                    DEALS: [
                        {
                            "id": record("De", number),
                            "createdTime": made,
                            "fields": {
                                "Title": f"Deal {number * 7919 % records}",
                                "Stage": STAGES[number % len(STAGES)],
                                "Amount": number * 31 % 10_000,
                                "Closes": str(date(2026, 1, 1) + timedelta(days=number % 365)),
                                "Note": f"What was said about deal {number}, in a line or two.",
                                "Won": number % 5 == 3,
                                "Chance": number % 11 / 10,
                                "Company": [record("Co", number % companies)],
                            },
                        }
                        for number in range(records - companies)
                    ],
                },
            }
        ]
    }  # fmt: skip


class StandIn:
    """The running process and one kept connection to it."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url
        self._connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)

    def page(self, **query: Any) -> tuple[float, dict[str, Any]]:
        """One list request; its milliseconds and its answer."""
        path = f"/v0/{BASE}/{DEALS}?{urlencode(query)}"
        begun = time.perf_counter()
        self._connection.request("GET", path, headers={"Authorization": "Bearer bench"})
        response = self._connection.getresponse()
        body = response.read()
        took = (time.perf_counter() - begun) * 1000
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {body[:200]!r}")
        answer: dict[str, Any] = json.loads(body)
        return took, answer

    def processor_ms(self) -> float:
        """The processor time that the process has taken until now."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").split()
        return (int(fields[13]) + int(fields[14])) * 1000 / os.sysconf("SC_CLK_TCK")

    def timed(self, name: str, queries: list[dict[str, Any]], target: float | None) -> Figure:
        """The median of these requests; where a query is empty, the page before is gone on with."""
        times: list[float] = []
        offset: str | None = None
        before = self.processor_ms()
        for query in queries:
            took, answer = self.page(**query, **({"offset": offset} if offset else {}))
            times.append(took)
            offset = None if query else answer.get("offset")
        cpu = (self.processor_ms() - before) / len(queries)
        value = round(statistics.median(times), 1)
        return Figure(name=name, value=value, unit="ms", target=target, cpu_ms=round(cpu, 1))

    def largest_megabytes(self) -> float:
        """The most memory that the process ever held."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        if found is None:
            raise RuntimeError("this system does not tell a process's memory")
        return int(found.group(1)) / 1024


@contextmanager
def running(folder: Path, file: Path) -> Iterator[StandIn]:
    """The stand-in with the file loaded, until the end."""
    with subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-m", "hub.sandbox", "--airtable-port", "0", "--no-rate-limit",
         "--load", str(file), "--data", str(folder / "data")],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:  # fmt: skip
        try:
            found = re.search(r"http://\S+", process.stdout.readline() if process.stdout else "")
            if found is None:
                raise RuntimeError("the stand-in did not start")
            yield StandIn(process, found.group())
        finally:
            process.terminate()


def measure(stand_in: StandIn, rounds: int) -> Iterator[Figure]:
    """What a client sees."""
    plain: dict[str, Any] = {}
    yield stand_in.timed("page of 100", [plain] * rounds * 10, TARGETS["page of 100"])
    both = {
        "filterByFormula": "AND({Stage}='Won', {Amount}>2500)",
        "sort[0][field]": "Amount",
        "sort[0][direction]": "desc",
        "sort[1][field]": "Title",
    }
    name = "filtered and sorted first page"
    yield stand_in.timed(name, [both] * rounds, TARGETS[name])
    for name, query in (
        ("first page by a text function", {"filterByFormula": "SEARCH('777', {Title})"}),
        ("first page by a lookup", {"filterByFormula": "FIND('c7@', {Company mail})"}),
        ("first page sorted, not filtered", {"sort[0][field]": "Title"}),
    ):
        yield stand_in.timed(name, [query] * max(3, rounds // 4), None)


def browse(stand_in: StandIn, chromium: str) -> Iterator[Figure]:
    """What a person sees."""
    from playwright.sync_api import sync_playwright

    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium) as browser,
    ):
        opened, read = [], []
        for _ in range(3):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_init_script("localStorage.setItem('name', 'Bench')")
            page = context.new_page()
            begun = time.perf_counter()
            page.goto(f"{stand_in.url}/{BASE}/{DEALS}")
            page.locator(".tabulator-row .tabulator-cell").nth(40).wait_for()
            opened.append((time.perf_counter() - begun) * 1000)
            page.wait_for_function(
                "() => /record/.test(document.querySelector('#shown').textContent)"
                " && !/so far/.test(document.querySelector('#shown').textContent)",
                timeout=60_000,
            )
            read.append((time.perf_counter() - begun) * 1000)
            if len(read) == 3:
                gaps = page.evaluate(SCROLL, SCROLL_STEPS)
            context.close()
    yield _figure("grid page open", opened)
    yield Figure(name="every row in the grid", value=round(statistics.median(read)), unit="ms")
    yield Figure(name="frames with a gap", value=gaps, unit=f"of {SCROLL_STEPS + 1}", target=0.0)


def _figure(name: str, times: list[float]) -> Figure:
    return Figure(
        name=name, value=round(statistics.median(times), 1), unit="ms", target=TARGETS[name]
    )


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    chromium = None
    if not asked.no_browser:
        chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    with tempfile.TemporaryDirectory(prefix="bench-sandbox-") as name:
        file = Path(name) / "base.json"
        file.write_text(json.dumps(base_file(asked.records)), encoding="utf-8")
        begun = time.perf_counter()
        with running(Path(name), file) as stand_in:
            loaded = time.perf_counter() - begun
            figures = [Figure(name="start and load", value=round(loaded, 1), unit="s")]
            figures += measure(stand_in, asked.rounds)
            if chromium is not None:
                figures += browse(stand_in, chromium)
            memory = round(stand_in.largest_megabytes())
            figures.append(Figure(name="memory", value=memory, unit="MB", target=TARGETS["memory"]))
    show(figures, as_json=asked.json)
    return 0


def show(figures: list[Figure], *, as_json: bool) -> None:
    """Print what was measured."""
    if as_json:
        print(json.dumps([asdict(figure) for figure in figures], indent=2))
        return
    table = Table("", "median", "at most", "processor")
    for figure in figures:
        target = "" if figure.target is None else f"{figure.target:g}"
        cpu = "" if figure.cpu_ms is None else f"{figure.cpu_ms:g} ms"
        table.add_row(figure.name, f"{figure.value:g} {figure.unit}", target, cpu)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
