"""How does a machine without Postgres get a real one?"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from functools import cached_property
from pathlib import Path

from hub.embedded import process
from hub.embedded.account import has_entry, name_of, unprivileged
from hub.embedded.binaries import Programs, find_programs
from hub.embedded.errors import EmbeddedError
from hub.embedded.place import data_folder
from hub.embedded.ports import HOST, answers
from hub.embedded.server import GLANCE_SECONDS, EmbeddedServer

USER = "hub"
DATABASE = "hub"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "jit": "off",
}
# For data that need not outlive a test run.
HASTY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
}
SHUTDOWN_SECONDS = 10.0


class EmbeddedPostgres(EmbeddedServer):
    """Postgres from the wheel, or one found on the machine, for one password over TCP.

    Started by root it runs as `nobody`, because Postgres refuses root.
    """

    title = "Postgres"
    # Fast shutdown, which disconnects clients, then immediate.
    escalation = ((signal.SIGINT, SHUTDOWN_SECONDS), (signal.SIGQUIT, SHUTDOWN_SECONDS))

    def url(self) -> str:
        """The address for psycopg2 and, through `Database`, SQLAlchemy."""
        return (
            f"postgresql://{USER}:{self.folder.password()}@{HOST}:{self.folder.port()}/{DATABASE}"
        )

    @cached_property
    def data(self) -> Path:
        """The data directory, which may lie outside the state folder."""
        return data_folder(self.folder.path, unprivileged())

    def erase(self) -> None:
        """Stop, and remove the state folder and whatever belongs to it elsewhere."""
        self.stop()
        if self.folder.path.is_dir():
            if not self.data.is_relative_to(self.folder.path):
                shutil.rmtree(self.data.parent)
            shutil.rmtree(self.folder.path)

    @cached_property
    def _programs(self) -> Programs:
        return find_programs(unprivileged())

    def _prepare(self) -> None:
        if not self.data.is_dir():
            self._create()
        owner, runner = self.data.stat().st_uid, self._runner()
        if owner != runner:
            raise EmbeddedError(
                f"The data in {self.data} belong to user {name_of(owner)}, and Postgres would run"
                f" as {name_of(runner)}. Start as the user who started it first, or name another"
                " state folder with HUB_HOME."
            )
        major = (self.data / "PG_VERSION").read_text().strip()
        ours = self._major_version()
        if major != ours:
            raise EmbeddedError(
                f"The data in {self.data} were written by Postgres {major}, and this is {ours}."
                f" Install the hub's earlier release and export them with pg_dump, or start with"
                " an empty state folder."
            )

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        settings = {**SETTINGS, "port": str(port)}
        if self._programs.has_statement_statistics:
            settings["shared_preload_libraries"] = "pg_stat_statements"
        if not self.durable:
            settings |= HASTY_SETTINGS
        self._drop_foreign_claim()
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return self._run_in_background("postgres", "-D", self.data, *flags)

    def _is_ready(self, port: int) -> bool:
        # The server's own word that clients can come, as pg_ctl reads it.
        claim = self._claim()
        ours = self._process is not None and claim[:1] == [str(self._process.pid)]
        return ours and claim[7:8] == ["ready"]

    def _guest_is_served(self) -> bool:
        port = self.folder.port()
        if port is None:
            return False  # and where the data will lie is for the owner to decide
        claim = self._claim()
        return claim[3:4] == [str(port)] and claim[7:8] == ["ready"] and answers(port)

    def _end_orphan(self) -> None:
        orphan = self._running_postmaster()
        if orphan is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            deadline = time.monotonic() + SHUTDOWN_SECONDS
            os.kill(orphan, number)
            while time.monotonic() < deadline:
                if self._running_postmaster() is None:
                    return
                time.sleep(GLANCE_SECONDS)

    def _claim(self) -> list[str]:
        """The lines of the server's own lock file: process, folder, start, port, ..., state."""
        try:
            text = (self.data / "postmaster.pid").read_text()
        except OSError:
            return []
        return [line.strip() for line in text.splitlines()]

    def _running_postmaster(self) -> int | None:
        claim = self._claim()
        if not claim or not claim[0].isdigit():
            return None
        claimant = int(claim[0])
        return claimant if str(self.data) in process.command_line(claimant) else None

    def _drop_foreign_claim(self) -> None:
        """After a crash the number in the lock file may be another program's by now.

        Postgres would wait for that program. A dead number it handles itself, and better,
        because it also looks for children left behind.
        """
        claim = self._claim()
        if claim and claim[0].isdigit():
            claimant = int(claim[0])
            if process.is_alive(claimant) and self._running_postmaster() is None:
                (self.data / "postmaster.pid").unlink()

    def _create(self) -> None:
        """Make the data aside and move them into place whole."""
        account = unprivileged()
        if account is None and not has_entry(os.geteuid()):
            raise EmbeddedError(
                f"Postgres does not start for user number {os.geteuid()}, which has no name on this"
                " machine. Start as a named user, or set DATABASE_URL."
            )
        draft = self.data.with_name("data.draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password_file = draft.with_name("password.draft")
        password_file.touch(mode=0o600)
        password_file.write_text(self.folder.password())
        if account:
            os.chown(draft, account.uid, account.gid)
            os.chown(password_file, account.uid, account.gid)
        try:
            self._run(
                "initdb", "-D", draft, "--username", USER, "--auth", "scram-sha-256",
                "--pwfile", password_file, "--encoding", "UTF8",
                "--locale-provider", "builtin", "--locale", "C.UTF-8", "--no-instructions",
                *(() if self.durable else ("--no-sync",)),
            )  # fmt: skip
        finally:
            password_file.unlink()
        self._run(
            "postgres", "--single", "-D", draft, "postgres", words=f"CREATE DATABASE {DATABASE}"
        )
        draft.rename(self.data)

    def _runner(self) -> int:
        account = unprivileged()
        return account.uid if account else os.geteuid()

    def _major_version(self) -> str:
        # "postgres (PostgreSQL) 18.6"
        answer = self._run("postgres", "--version")
        return answer.split(")")[1].split(".")[0].strip()

    def _run(self, program: str, *arguments: str | Path, words: str = "") -> str:
        """Run one of Postgres' programs to its end; its output, or an error with it."""
        account = unprivileged()
        done = subprocess.run(  # noqa: S603  # a program of the wheel
            [self._programs.bin / program, *arguments],
            input=words,
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        if done.returncode:
            last = "\n".join((done.stdout + done.stderr).splitlines()[-5:])
            raise EmbeddedError(f"{program} failed for {self.data}:\n{last}")
        return done.stdout

    def _run_in_background(self, program: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        with open(self.folder.open_log(), "wb") as log:
            return process.spawn(
                [self._programs.bin / program, *arguments],
                at_parents_death=signal.SIGINT,
                account=unprivileged(),
                environ={"PATH": os.defpath, "LC_ALL": "C"},
                output=log,
            )
