"""Which tests were skipped, and could this machine have run them?

python .ci/skipped.py REPORT                          print the skipped tests, one id a line
python .ci/skipped.py REPORT --fail-unless PATTERN    fail if one's reason does not match
"""

from __future__ import annotations

import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Skipped:
    """A test that did not run, and why."""

    test_id: str
    reason: str


def skipped_tests(report: str) -> Iterator[Skipped]:
    """Every skipped test of a JUnit report of the family xunit1, which names files."""
    tree = ElementTree.parse(report)  # noqa: S314  # our own report
    for case in tree.iter("testcase"):
        mark = case.find("skipped")
        if mark is not None and mark.get("type") != "pytest.xfail":
            test_id = f"{case.get('file')}::{case.get('name')}"
            yield Skipped(test_id=test_id, reason=mark.get("message") or "no reason")


def main() -> int:
    """Print, or judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report")
    parser.add_argument("--fail-unless", metavar="PATTERN")
    asked = parser.parse_args()
    skipped = list(skipped_tests(asked.report))
    if asked.fail_unless is None:
        for test in skipped:
            print(test.test_id)
        return 0
    unexplained = [test for test in skipped if not re.search(asked.fail_unless, test.reason)]
    for test in unexplained:
        print(f"skipped although it could have run: {test.test_id}: {test.reason}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
