"""Does CI notice a test that was skipped although it could have run?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / ".ci" / "skipped.py"
REPORT = """<testsuites><testsuite>
  <testcase file="tests/a.py" name="test_runs[1]"/>
  <testcase file="tests/a.py" name="test_needs_root">
    <skipped type="pytest.skip" message="only root starts Postgres as another user"/></testcase>
  <testcase file="tests/b.py" name="test_known_to_fail">
    <skipped type="pytest.xfail" message="a reason"/></testcase>
</testsuite></testsuites>
"""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.xml"
    path.write_text(REPORT, encoding="utf-8")
    return path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, TOOL, *arguments], capture_output=True, text=True)


def test_skipped_tests_are_listed_by_id(report: Path) -> None:
    assert "tests/a.py::test_needs_root\n" == run(str(report)).stdout


def test_a_skip_that_this_machine_cannot_help_passes(report: Path) -> None:
    assert 0 == run(str(report), "--fail-unless", "root|Chromium").returncode


def test_any_other_skip_fails_with_its_reason(report: Path) -> None:
    done = run(str(report), "--fail-unless", "Chromium")

    assert 1 == done.returncode
    assert "tests/a.py::test_needs_root: only root starts Postgres" in done.stdout
