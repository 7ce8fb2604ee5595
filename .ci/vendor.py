"""Which files of other people's packages do our pages serve, and are they what we committed?

Developers run it after changing `.ci/vendor.json`; its output is committed, so that neither an
installation nor a page ever needs the Internet:

    python .ci/vendor.py          fetch with `npm pack`, compare, extract, write the folders
    python .ci/vendor.py --lock   the same, accepting (and recording) new hashes
    python .ci/vendor.py --check  offline: each committed file is the recorded one, none is stray

A second run changes nothing. `copies` are files of our own that two rooms need which may not
import each other: the first is the source, the tool keeps the others equal to it.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TypedDict

MANIFEST = "manifest.json"
LICENSES = "licenses"
SOURCE_MAP = re.compile(
    rb"\n?(?://[#@] sourceMappingURL=[^\n]*|/\*[#@] sourceMappingURL=.*?\*/)\s*"
)
FONT_FACE = re.compile(rb"@font-face\s*\{[^}]*\}")
ICON_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
SYMBOL = (
    '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
    ' stroke-linecap="round" stroke-linejoin="round">{body}</symbol>'
)


class VendorError(Exception):
    """What is served differs from what is recorded."""


class Package(TypedDict, total=False):
    """One npm package: what we pin, and what `--lock` recorded of it."""

    version: str
    integrity: str
    sha256: dict[str, str]


class Target(TypedDict, total=False):
    """One vendor folder: package name -> {served name: path inside the package}, and its icons."""

    files: dict[str, dict[str, str]]
    icons: list[str]


class Plan(TypedDict):
    """The whole of vendor.json."""

    packages: dict[str, Package]
    icon_package: str
    targets: dict[str, Target]
    copies: dict[str, list[str]]


def digest(content: bytes) -> str:
    """Answer the SHA-256 of some bytes in hex."""
    return hashlib.sha256(content).hexdigest()


def hashed_name(name: str, content: bytes) -> str:
    """Answer `name` with ten digits of its content's hash before the suffix."""
    stem, dot, suffix = Path(name).name.rpartition(".")
    return f"{stem}.{digest(content)[:10]}{dot}{suffix}"


def cleaned(name: str, content: bytes) -> bytes:
    """Answer a file as we serve it: without source map comments, style sheets without fonts."""
    if name.endswith((".js", ".css")):
        content = SOURCE_MAP.sub(b"\n", content)
    if name.endswith(".css"):
        content = FONT_FACE.sub(b"", content)
    return content.rstrip() + b"\n"


def fetch(name: str, version: str, folder: Path) -> Path:
    """Download one package's tarball with npm and answer where it lies."""
    command = ["npm", "pack", f"{name}@{version}", "--ignore-scripts", "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  # fixed command, names from vendor.json
    if done.returncode != 0:
        raise VendorError(f"npm pack {name}@{version} failed: {done.stderr.strip()[-300:]}")
    answer = json.loads(done.stdout)
    packed = answer[0] if isinstance(answer, list) else next(iter(answer.values()))
    return folder / str(packed["filename"])


class Packages:
    """The pinned packages' contents, compared with what vendor.json records."""

    def __init__(self, plan: Plan, tarballs: Path, *, download: bool, lock: bool) -> None:
        self._plan = plan
        self._tarballs = tarballs
        self._download = download
        self._lock = lock
        self._members: dict[str, dict[str, bytes]] = {}

    def read(self, package: str, path: str) -> bytes:
        """Answer one file of a package, refused when its hash is not the recorded one."""
        members = self._members.get(package)
        if members is None:
            members = self._members[package] = self._open(package)
        if path not in members:
            raise VendorError(f"{package} has no file {path}; correct .ci/vendor.json")
        recorded = self._plan["packages"][package].setdefault("sha256", {})
        found = digest(members[path])
        if self._lock:
            recorded[path] = found
        if recorded.get(path) != found:
            raise VendorError(
                f"{package}/{path} has sha256 {found}, recorded is {recorded.get(path)};"
                " look at the difference, then run with --lock"
            )
        return members[path]

    def _open(self, package: str) -> dict[str, bytes]:
        pinned = self._plan["packages"][package]
        version = pinned["version"]
        if self._download:
            tarball = fetch(package, version, self._tarballs)
        else:
            tarball = self._tarballs / f"{package.replace('/', '-')}-{version}.tgz"
        found = "sha512-" + base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
        if self._lock:
            pinned["integrity"] = found
            pinned["sha256"] = {}
        if pinned.get("integrity") != found:
            raise VendorError(
                f"{package}@{version} came as {found}, recorded is {pinned.get('integrity')};"
                " look at the difference, then run with --lock"
            )
        with tarfile.open(tarball) as archive:
            return {
                member.name.partition("/")[2]: content.read()
                for member in archive.getmembers()
                if member.isfile() and (content := archive.extractfile(member)) is not None
            }


def sprite(packages: Packages, package: str, icons: list[str]) -> bytes:
    """Cut the named icons into one SVG of symbols, for `<use href="….svg#name">`."""
    symbols = []
    for name in sorted(icons):
        found = ICON_BODY.search(packages.read(package, f"icons/{name}.svg").decode())
        if found is None:
            raise VendorError(f"{package}: icon {name} is no SVG")
        body = re.sub(r">\s+<", "><", re.sub(r"\s+", " ", found[1])).strip().replace(" />", "/>")
        symbols.append(SYMBOL.format(name=name, body=body))
    lines = ['<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>"]
    return "\n".join(lines).encode() + b"\n"


def planned_names(plan: Plan, target: Target) -> set[str]:
    """Answer the served names that a target promises."""
    names = {f"{p}/{n}" for p, files in target.get("files", {}).items() for n in files}
    return names | ({"icons.svg"} if target.get("icons") else set())


def build(plan: Plan, target: Target, packages: Packages) -> dict[str, bytes]:
    """Answer everything one vendor folder holds, by path in it."""
    served: dict[str, bytes] = {}
    out: dict[str, bytes] = {}
    for package, files in target.get("files", {}).items():
        for name, path in files.items():
            served[f"{package}/{name}"] = cleaned(name, packages.read(package, path))
        out[f"{LICENSES}/{package}.txt"] = packages.read(package, "LICENSE").rstrip() + b"\n"
    if target.get("icons"):
        served["icons.svg"] = sprite(packages, plan["icon_package"], target["icons"])
        lucide = plan["icon_package"]
        out[f"{LICENSES}/{lucide}.txt"] = packages.read(lucide, "LICENSE").rstrip() + b"\n"
    manifest = {}
    for name, content in sorted(served.items()):
        out[hashed_name(name, content)] = content
        manifest[name] = {"file": hashed_name(name, content), "sha256": digest(content)}
    out[MANIFEST] = json.dumps(manifest, indent=2).encode() + b"\n"
    return out


def write_folder(folder: Path, contents: dict[str, bytes]) -> None:
    """Make a folder hold exactly these files, touching only what differs."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and path.relative_to(folder).as_posix() not in contents:
            path.unlink()
    for name, content in contents.items():
        write_if_new(folder / name, content)


def write_if_new(path: Path, content: bytes) -> None:
    """Write a file unless it already says so."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    print(f"wrote {path}")


def run(root: Path, *, tarballs: Path | None, lock: bool) -> None:
    """Fetch, compare and write all vendor folders and copies below `root`."""
    plan_path = root / ".ci" / "vendor.json"
    plan: Plan = json.loads(plan_path.read_text())
    with tempfile.TemporaryDirectory() as scratch:
        source = tarballs or Path(scratch)
        packages = Packages(plan, source, download=tarballs is None, lock=lock)
        for place, target in plan["targets"].items():
            write_folder(root / place, build(plan, target, packages))
    for original, copies in plan["copies"].items():
        for copy in copies:
            write_if_new(root / copy, (root / original).read_bytes())
    write_if_new(plan_path, json.dumps(plan, indent=2).encode() + b"\n")


def check_folder(folder: Path, names: set[str]) -> list[str]:
    """Answer what is wrong with one vendor folder, without the network."""
    path = folder / MANIFEST
    if not path.is_file():
        return [f"{path} is missing"]
    manifest: dict[str, dict[str, str]] = json.loads(path.read_text())
    wrong = [f"{folder}: vendor.json names {n}, not built" for n in sorted(names - set(manifest))]
    wrong += [f"{folder}: {n} is not in vendor.json" for n in sorted(set(manifest) - names)]
    known = {MANIFEST}
    for name, entry in manifest.items():
        known.add(entry["file"])
        file = folder / entry["file"]
        if not file.is_file():
            wrong.append(f"{file} is missing (it is {name})")
        elif digest(file.read_bytes()) != entry["sha256"]:
            wrong.append(f"{file} is not what {MANIFEST} records")
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder).as_posix()
        if file.is_file() and inside not in known and not inside.startswith(f"{LICENSES}/"):
            wrong.append(f"{file} is in no manifest")
    return wrong


def check(root: Path) -> list[str]:
    """Answer every difference between what is committed and what is recorded."""
    plan: Plan = json.loads((root / ".ci" / "vendor.json").read_text())
    wrong: list[str] = []
    for place, target in plan["targets"].items():
        wrong += check_folder(root / place, planned_names(plan, target))
        wanted = [
            *target.get("files", {}),
            *([plan["icon_package"]] if target.get("icons") else []),
        ]
        wrong += [
            f"{root / place}: the licence of {package} is missing"
            for package in wanted
            if not (root / place / LICENSES / f"{package}.txt").is_file()
        ]
    for original, copies in plan["copies"].items():
        source = (root / original).read_bytes()
        wrong += [
            f"{copy} differs from its source {original}; run .ci/vendor.py"
            for copy in copies
            if not (root / copy).is_file() or (root / copy).read_bytes() != source
        ]
    return wrong


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; answer its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare hashes, offline")
    parser.add_argument("--lock", action="store_true", help="accept and record new hashes")
    parser.add_argument("--tarballs", type=Path, help="take packages from here, not from npm")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1])
    options = parser.parse_args(arguments)
    try:
        if not options.check:
            run(options.root, tarballs=options.tarballs, lock=options.lock)
        wrong = check(options.root)
    except VendorError as error:
        wrong = [str(error)]
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
