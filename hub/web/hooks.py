"""What happens when the other side rings: POST /hooks/{connection}?

The ring is checked, kept and answered at once; the work is a job's. What a notification looks
like and how it is signed is the connector's knowledge: `verify` is passed in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from hub.errors import HubError, InvalidInput, PermissionLost
from hub.store.database import Database
from hub.store.doorbell import HookSecret, hook_secrets, keep_door_alert, keep_ping

log = structlog.get_logger(__name__)
LARGEST_BODY = 64 * 1024
ALERT_EVERY_SECONDS = 60.0


class Verify(Protocol):
    """Answers which hook signed a notification; `secrets` maps hook ids to their secrets.

    Raises PermissionLost when none of them did, InvalidInput when the notification makes no sense.
    """

    def __call__(
        self, body: bytes, headers: Mapping[str, str], secrets: Mapping[str, str]
    ) -> str: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Bell:
    """One connection's door: how its rings are checked, and whom they wake."""

    verify: Verify
    wake: Callable[[], None]


class _Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class HookDoor:
    """Answers POST /hooks/{connection} for every connection that has a bell."""

    def __init__(
        self,
        database: Database,
        bells: Mapping[str, Bell],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._bells = bells
        self._clock = clock
        self._alerted: dict[tuple[str, str], float] = {}

    async def ring(self, request: Request) -> Response:
        """Check, keep, wake, answer 204; or say in one line why not."""
        connection = request.path_params["connection"]
        try:
            hook = await self._kept(connection, request)
        except _Refused as refused:
            return await self._refuse(connection, refused)
        log.info("hook rang", connection=connection, hook=hook)
        return Response(status_code=204)

    async def _kept(self, connection: str, request: Request) -> str:
        bell = self._bells.get(connection)
        if bell is None:
            known = ", ".join(sorted(self._bells)) or "none"
            raise _Refused(
                404,
                "HOOK_CONNECTION_UNKNOWN",
                f"There is no connection of that name; connections with hooks: {known}.",
            )
        body = await _body(request)
        secrets = await run_in_threadpool(hook_secrets, self._database, connection)
        hook = _checked(bell.verify, body, dict(request.headers), secrets)
        await run_in_threadpool(
            keep_ping, self._database, connection=connection, hook_external_id=hook
        )
        try:
            await run_in_threadpool(bell.wake)
        except HubError as error:
            # The ping is a row by now; the sweep will find it without this job.
            log.warning("ping kept, job not enqueued", connection=connection, reason=error.message)
        return hook

    async def _refuse(self, connection: str, refused: _Refused) -> Response:
        known = connection in self._bells
        log.warning(
            "hook refused",
            connection=connection if known else "unknown",
            code=refused.code,
            status=refused.status,
        )
        if known and self._may_alert(connection, refused.code):
            await run_in_threadpool(
                keep_door_alert,
                self._database,
                connection=connection,
                code=refused.code,
                title=f"Notifications at /hooks/{connection} are refused: {refused.message}",
                next_step=(
                    "If the hook was made by hand, delete it: the hub makes its own. If it is the"
                    " hub's, let the hub make a new one, and look for who else knows this address."
                ),
            )
        return JSONResponse(
            {"error": refused.code, "message": refused.message}, status_code=refused.status
        )

    def _may_alert(self, connection: str, code: str) -> bool:
        now, key = self._clock(), (connection, code)
        if now - self._alerted.get(key, float("-inf")) < ALERT_EVERY_SECONDS:
            return False
        self._alerted[key] = now
        return True


def _checked(
    verify: Verify, body: bytes, headers: Mapping[str, str], secrets: Sequence[HookSecret]
) -> str:
    by_hook = {secret.external_id: secret.mac_secret for secret in secrets}
    try:
        return verify(body, headers, by_hook)
    except (InvalidInput, RecursionError) as error:
        raise _Refused(
            400,
            "HOOK_BODY_INVALID",
            error.message if isinstance(error, InvalidInput) else "The body is nested too deeply.",
        ) from error
    except PermissionLost as error:
        raise _Refused(401, "HOOK_MAC_WRONG", error.message) from error


async def _body(request: Request) -> bytes:
    """The raw bytes, as the MAC needs them; no more than a notification can have."""
    too_large = _Refused(
        413, "HOOK_BODY_TOO_LARGE", f"A notification has at most {LARGEST_BODY} bytes."
    )
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > LARGEST_BODY:
        raise too_large
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                raise too_large
    except ClientDisconnect as exc:
        raise HTTPException(400) from exc
    return bytes(body)
