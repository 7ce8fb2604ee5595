"""Does everything stand where a newcomer looks for it, and does no folder hide a library?"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
FOLDERS = {".ci", "alembic", "bench", "connectors", "docs", "graphql", "hub", "tests", "workers"}
ROOMS = {
    "cli",
    "config",
    "core",
    "demo",
    "embedded",
    "sandbox",
    "store",
    "sync",
    "web",
}
TEST_ROOMS = {"acceptance", "api", "contract", "integration", "simulation", "unit"}
CATCH_ALLS = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "shared"}
NAMES_OF_GRAPHQL_CORE = """
import graphql, sys
from graphql import specified_rules, build_schema
assert "site-packages" in graphql.__file__, graphql.__file__
"""


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file of the project as a checkout has it, with those not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(Path(name) for name in listed.split("\0") if name and (ROOT / name).exists())


def python_files() -> list[Path]:
    return [path for path in tracked_files() if path.suffix == ".py"]


@pytest.mark.parametrize(
    "shadow", ["graphql/__init__.py", "alembic/__init__.py", "tests/graphql", "tests/alembic"]
)
def test_no_folder_hides_a_library(shadow: str) -> None:
    assert not (ROOT / shadow).exists(), f"{shadow} hides the installed library: remove it"


@pytest.mark.parametrize(
    "command",
    [
        # From the root, as a script, as a module, under pytest, uvicorn, alembic and mypy.
        [str(BIN / "python"), "-c", NAMES_OF_GRAPHQL_CORE],
        [str(BIN / "python"), "-m", "graphql_version_probe"],
        [str(BIN / "pytest"), "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "{probe}"],
        [str(BIN / "mypy"), "--no-incremental", "--follow-imports=skip", "{probe}"],
    ],
    ids=["python", "python -m", "pytest", "mypy"],
)
def test_import_graphql_is_graphql_core(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "graphql_version_probe.py").write_text(NAMES_OF_GRAPHQL_CORE, encoding="utf-8")
    probe = tmp_path / "test_probe_of_graphql.py"
    probe.write_text(
        "from graphql import GraphQLSchema, specified_rules\n\n\n"
        "def test_it_is_the_library() -> None:\n"
        "    assert specified_rules\n"
        "    assert GraphQLSchema\n",
        encoding="utf-8",
    )

    done = subprocess.run(
        [part.format(probe=probe) if part == "{probe}" else part for part in command],
        cwd=ROOT,
        env={"PATH": str(BIN), "PYTHONPATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert 0 == done.returncode, done.stdout + done.stderr


def test_uvicorn_serves_from_the_root_with_graphql_core(tmp_path: Path) -> None:
    (tmp_path / "served_probe.py").write_text(
        NAMES_OF_GRAPHQL_CORE + "\nasync def app(scope, receive, send):\n    pass\n",
        encoding="utf-8",
    )

    loaded = subprocess.run(
        [
            str(BIN / "python"),
            "-c",
            "from uvicorn.config import Config; c = Config('served_probe:app'); c.load()",
        ],
        cwd=ROOT,
        env={"PATH": str(BIN), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert 0 == loaded.returncode, loaded.stderr


def test_alembic_runs_from_the_root_as_the_library() -> None:
    heads = subprocess.run(
        [str(BIN / "python"), "-m", "alembic", "heads"], cwd=ROOT, capture_output=True, text=True
    )

    assert 0 == heads.returncode, heads.stderr
    assert 1 == heads.stdout.count("(head)"), "two migrations follow the same one"


def test_the_top_of_the_tree_is_as_fixed() -> None:
    folders = {path.parts[0] for path in tracked_files() if len(path.parts) > 1}

    assert not folders - FOLDERS, f"there is a room for it: {folders - FOLDERS}"


def test_the_rooms_of_the_hub_are_as_fixed() -> None:
    rooms = {path.parts[1] for path in tracked_files() if path.parts[0] == "hub" and path.parts[2:]}

    assert rooms == ROOMS


def test_tests_stand_in_their_rooms() -> None:
    rooms = {
        path.parts[1]
        for path in python_files()
        if path.parts[0] == "tests" and path.parts[2:] and path.name.startswith("test_")
    }

    assert not rooms - TEST_ROOMS


def test_no_two_test_files_share_a_name() -> None:
    names = Counter(path.name for path in python_files() if path.name.startswith("test_"))

    assert [] == [name for name, count in names.items() if count > 1]


def test_tests_are_no_packages() -> None:
    assert [] == [p for p in tracked_files() if p.parts[0] == "tests" and p.name == "__init__.py"]


def test_no_file_is_a_catch_all() -> None:
    assert [] == [path for path in tracked_files() if path.stem in CATCH_ALLS]


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in python_files() if not _says_what_it_is_for(ROOT / path)]

    assert [] == silent, "the first line of the docstring is the question that the file answers"


def _says_what_it_is_for(path: Path) -> bool:
    source = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(source)) or ""
    paragraph = docstring.split("\n\n")[0].strip()
    return paragraph.endswith(("?", ".")) or (not source.strip() and path.name == "__init__.py")


def test_importing_a_module_sets_no_search_path() -> None:
    guilty = [
        path
        for path in python_files()
        if path != Path("tests/test_layout.py")
        and ("sys.path." + "insert") in (ROOT / path).read_text(encoding="utf-8")
    ]

    assert [] == guilty


def test_nobody_but_a_process_start_reads_the_environment() -> None:
    readers = {
        path.as_posix()
        for path in python_files()
        if path.parts[0] in {"hub", "connectors", "workers", "graphql"}
        and any(_reads_environment(node) for node in ast.walk(_tree(path)))
    }
    outermost = {p for p in readers if p.startswith(("hub/cli/", "hub/app.py", "workers/main"))}
    alone = {p for p in readers if p.startswith(("hub/embedded/", "hub/sandbox/"))}

    assert set() == readers - outermost - alone


def _tree(path: Path) -> ast.AST:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def _reads_environment(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    )


def test_imports_go_one_way() -> None:
    linted = subprocess.run(
        [str(BIN / "lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )

    assert 0 == linted.returncode, linted.stdout


def test_no_file_names_a_package_host_or_a_machines_folder() -> None:
    hosts = ("files.python" + "hosted.org", "pypi.org" + "/simple", "registry." + "npmjs")
    folders = ("/wor" + "k/", "/roo" + "t/", "/farm" + "/")
    guilty = [
        f"{path}: {word}"
        for path in tracked_files()
        if path.suffix in {".py", ".md", ".toml", ".lock", ".js", ".html", ".json", ".css"}
        for word in (*hosts, *folders)
        if word in (ROOT / path).read_text(encoding="utf-8", errors="replace")
    ]

    assert [] == guilty
