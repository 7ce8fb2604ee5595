"""What can be asked of a stand-in that runs, from the command line?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import click

DEFAULT_URL = "http://127.0.0.1:8900"

_url = click.option(
    "--url", default=DEFAULT_URL, show_default=True, help="Address of the stand-in."
)
_token = click.option(
    "--control-token", envvar="SANDBOX_CONTROL_TOKEN", help="Needed from another machine."
)


def ask(url: str, token: str | None, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """One request to the control door; what goes wrong is one clear line."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise click.ClickException(f"[sandbox] --url {url}: must begin with http://")
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["X-Control-Token"] = token
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{url.rstrip('/')}/_control/{path}", data, headers, method=method)  # noqa: S310  checked above
    try:
        with urlopen(request, timeout=60) as response:  # noqa: S310  checked above
            answer: dict[str, Any] = json.loads(response.read())
    except HTTPError as error:
        raise click.ClickException(f"[sandbox] {url}: {_message(error)}") from error
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise click.ClickException(
            f"[sandbox] {url}: no stand-in answers there ({reason}). "
            "Start one with: hub sandbox, or name its address with --url."
        ) from error
    return answer


def _message(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read())["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"answered {error.code}"


@click.command("save")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_url
@_token
def save(file: Path, url: str, control_token: str | None) -> None:
    """Write all bases to a file that --load reads."""
    found = ask(url, control_token, "GET", "save")
    try:
        file.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(
            f"[sandbox] {file}: cannot be written ({error.strerror})"
        ) from error
    records = sum(len(rows) for base in found["bases"] for rows in base["records"].values())
    click.echo(f"{len(found['bases'])} bases with {records} records written to {file}")


@click.command("reset")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_url
@_token
def reset(yes: bool, url: str, control_token: str | None) -> None:
    """Forget every base, token, fault and request."""
    if not yes:
        click.confirm(f"Forget everything that {url} holds?", abort=True)
    ask(url, control_token, "POST", "reset", {})
    click.echo("The stand-in is empty.")


@click.command("chaos")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same bad day.")
@click.option(
    "--rate",
    "rates",
    multiple=True,
    metavar="KIND=SHARE",
    help="Share of requests that suffer a fault, such as drop_after=0.05; may be repeated.",
)
@click.option("--off", is_flag=True, help="End the bad day.")
@_url
@_token
def chaos(
    seed: int, rates: tuple[str, ...], off: bool, url: str, control_token: str | None
) -> None:
    """Let a share of all requests fail, repeatably."""
    body = {"seed": seed, "rates": dict(_rate(text) for text in rates), "off": off}
    found = ask(url, control_token, "POST", "chaos", body)
    if off:
        click.echo("Every request is served again.")
        return
    shares = ", ".join(f"{kind} {share:.0%}" for kind, share in found["rates"].items())
    click.echo(f"Seed {found['seed']}: {shares}")


def _rate(text: str) -> tuple[str, float]:
    kind, _, share = text.partition("=")
    try:
        return kind, float(share)
    except ValueError as error:
        raise click.ClickException(
            f"[sandbox] --rate {text}: valid is KIND=SHARE, such as drop_after=0.05"
        ) from error


COMMANDS = (save, reset, chaos)
