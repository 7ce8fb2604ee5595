"""Does the vendoring tool bring what is pinned, change nothing twice, notice every difference?"""

from __future__ import annotations

import importlib.util
import io
import json
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / ".ci" / "vendor.py"
SVG = '<svg width="24"\n  class="x">\n  <path d="M1 1" />\n  <path d="M2 2" />\n</svg>'


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("vendor_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["vendor_tool"] = module
    spec.loader.exec_module(module)
    return module


def pack(folder: Path, name: str, files: dict[str, str]) -> None:
    """Write a package as npm packs one."""
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / f"{name}.tgz", "w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"package/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one vendored package, one icon and one copied file."""
    plan = {
        "packages": {"widget": {"version": "1.2.3"}, "icons": {"version": "4.0.0"}},
        "icon_package": "icons",
        "targets": {
            "web/vendor": {
                "files": {"widget": {"widget.js": "dist/w.js", "widget.css": "dist/w.css"}},
                "icons": ["bell"],
            }
        },
        "copies": {"web/tokens.css": ["other/tokens.css"]},
    }
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "vendor.json").write_text(json.dumps(plan))
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "tokens.css").write_text(":root { --bg: white }\n")
    widget = {
        "LICENSE": "MIT",
        "dist/w.js": "go();\n//# sourceMappingURL=w.js.map",
        "dist/w.css": "@font-face{font-family:x;src:url(data:a)}b{}/*# sourceMappingURL=w.map */",
    }
    pack(tmp_path / "tarballs", "widget-1.2.3", widget)
    pack(tmp_path / "tarballs", "icons-4.0.0", {"LICENSE": "ISC", "icons/bell.svg": SVG})
    return tmp_path


def run(project: Path, *options: str) -> int:
    given = ["--root", str(project), *options]
    if "--check" not in options:
        given += ["--tarballs", str(project / "tarballs")]
    return int(tool().main(given))


def contents(project: Path) -> dict[str, bytes]:
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file()
    }


def served(project: Path, name: str) -> str:
    manifest = json.loads((project / "web/vendor/manifest.json").read_text())
    file = str(manifest[name]["file"])
    return (project / "web/vendor" / file).read_text()


def test_the_committed_folders_are_what_is_recorded() -> None:
    assert tool().check(ROOT) == []


def test_nothing_vendored_names_a_package_host() -> None:
    hosts = ("npmjs", "registry.")

    text = (ROOT / ".ci" / "vendor.json").read_text()

    assert [host for host in hosts if host in text] == []


def test_files_are_named_by_their_content_and_lose_maps_and_fonts(project: Path) -> None:
    assert run(project, "--lock") == 0

    assert served(project, "widget/widget.js") == "go();\n"
    assert served(project, "widget/widget.css") == "b{}\n"
    assert '<symbol id="bell"' in served(project, "icons.svg")
    assert '<path d="M1 1"/><path d="M2 2"/>' in served(project, "icons.svg")
    assert (project / "web/vendor/licenses/widget.txt").read_text() == "MIT\n"
    assert (project / "other/tokens.css").read_text() == ":root { --bg: white }\n"


def test_a_second_run_changes_nothing(project: Path) -> None:
    run(project, "--lock")
    once = contents(project)

    assert run(project) == 0
    assert contents(project) == once


def test_a_package_that_differs_from_the_recorded_one_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(project, "--lock")
    pack(project / "tarballs", "widget-1.2.3", {"LICENSE": "MIT", "dist/w.js": "evil();"})

    assert run(project) == 1
    assert "widget@1.2.3 came as sha512-" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("web/vendor/stray.js", "is in no manifest"),
        ("other/tokens.css", "differs from its source web/tokens.css"),
        ("web/vendor/licenses/widget.txt", "the licence of widget is missing"),
    ],
)
def test_the_offline_check_notices(
    project: Path, capsys: pytest.CaptureFixture[str], spoil: str, told: str
) -> None:
    run(project, "--lock")
    if spoil.endswith(".txt"):
        (project / spoil).unlink()
    else:
        (project / spoil).write_text("something else")

    assert run(project, "--check") == 1
    assert told in capsys.readouterr().err


def test_the_offline_check_notices_a_changed_vendored_file(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(project, "--lock")
    next(iter(project.glob("web/vendor/widget.*.js"))).write_text("go(); spy();\n")

    assert run(project, "--check") == 1
    assert "is not what manifest.json records" in capsys.readouterr().err
