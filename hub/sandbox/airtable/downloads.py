"""How is an attachment's file handed out?"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hub.sandbox.airtable import files
from hub.sandbox.airtable.files import Files
from hub.sandbox.airtable.state import State
from hub.sandbox.airtable.transactions import Committed


class Downloads:
    """The addresses under /_attachments/, and the fetching of files that were given by address."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.files: Files = state.files
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fetching: set[asyncio.Task[None]] = set()

    def routes(self) -> list[Route]:
        return [Route("/_attachments/{expires}/{mac}/{id}/{filename:path}", self.download)]

    async def download(self, request: Request) -> Response:
        attachment_id, mac = request.path_params["id"], request.path_params["mac"]
        expires = files.expiry(request.path_params["expires"])
        if expires is None or not self.files.is_valid(attachment_id, expires, mac):
            return PlainTextResponse("Invalid signature", 403)
        if self.files.is_expired(expires):
            return PlainTextResponse("This address has expired", 410)
        found = self.files.get(attachment_id)
        if found is None:
            return PlainTextResponse("There is no such file", 404)
        return Response(
            found.content,
            media_type=found.content_type,
            headers={
                "content-security-policy": "default-src 'none'; sandbox",
                "x-content-type-options": "nosniff",
                "content-disposition": "attachment",
            },
        )

    # Files given by address are fetched after the answer, as the service does it.

    def begin(self) -> None:
        self._loop = asyncio.get_running_loop()

    def look(self, committed: Committed) -> None:
        """Fetch what an action put into an attachment cell."""
        wanted = {}
        for table_id, record_id in [*committed.created, *committed.changed]:
            table = committed.base.tables[table_id]
            record = table.records.get(record_id)
            if record is None:
                continue
            for field in table.fields.values():
                if field.type == "multipleAttachments":
                    for each in record.values.get(field.id, ()):
                        if "size" not in each:
                            wanted[each["id"]] = each["source"]
        for attachment_id, url in wanted.items():
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._start, attachment_id, url)

    def _start(self, attachment_id: str, url: str) -> None:
        task = asyncio.ensure_future(self._fetch(attachment_id, url))
        self._fetching.add(task)
        task.add_done_callback(self._fetching.discard)

    async def _fetch(self, attachment_id: str, url: str) -> None:
        found = await asyncio.to_thread(files.fetch, url)
        if found is not None:
            self.files.put(attachment_id, found.content, found.content_type)
            files.complete(self.state, attachment_id, len(found.content), found.content_type)

    async def end(self) -> None:
        for task in self._fetching:
            task.cancel()
        await asyncio.gather(*self._fetching, return_exceptions=True)
