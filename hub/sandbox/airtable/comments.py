"""What do people write beside a record?"""

from __future__ import annotations

import re

from hub.sandbox.airtable import errors
from hub.sandbox.airtable.ids import new_id
from hub.sandbox.airtable.json_values import Fields, Json
from hub.sandbox.airtable.model import Base, Record, Table, User
from hub.sandbox.airtable.state import State

_MENTION = re.compile(r"@\[(usr[A-Za-z0-9]{14})\]")


class Comments:
    """Comments live in their record, newest last; no webhook and no modified time hears of them."""

    def __init__(self, state: State) -> None:
        self.state = state

    def page(self, record: Record, size: int, offset: str | None) -> Fields:
        newest_first = record.comments[::-1]
        start = 0
        if offset:
            places = [place for place, each in enumerate(newest_first) if each["id"] == offset]
            if not places:
                raise errors.unprocessable(
                    "INVALID_OFFSET_VALUE", f"The value of offset {offset} is invalid"
                )
            start = places[0]
        rest = newest_first[start + size : start + size + 1]
        return {
            "comments": [self._shown(each) for each in newest_first[start : start + size]],
            "offset": rest[0]["id"] if rest else None,
        }

    def create(self, base: Base, table: Table, record: Record, author: User, body: Json) -> Fields:
        text = _text(body, {"text", "parentCommentId"})
        parent = body.get("parentCommentId")
        if parent is not None:
            self._find(record, parent)
        comment: Fields = {
            "id": new_id("com"),
            "author": author.id,
            "text": text,
            "createdTime": self.state.clock.now_text(),
            "lastUpdatedTime": None,
            **({"parentCommentId": parent} if parent is not None else {}),
        }
        self._save(base, table, record, [*record.comments, comment])
        return self._shown(comment)

    def update(
        self, base: Base, table: Table, record: Record, comment_id: str, author: User, body: Json
    ) -> Fields:
        text = _text(body, {"text"})
        old = self._find(record, comment_id)
        if old["author"] != author.id:
            raise errors.not_permitted()
        new = {**old, "text": text, "lastUpdatedTime": self.state.clock.now_text()}
        kept = [new if each["id"] == comment_id else each for each in record.comments]
        self._save(base, table, record, kept)
        return self._shown(new)

    def delete(
        self, base: Base, table: Table, record: Record, comment_id: str, user: User, *, any_: bool
    ) -> Fields:
        old = self._find(record, comment_id)
        if old["author"] != user.id and not any_:
            raise errors.not_permitted()
        kept = [each for each in record.comments if each["id"] != comment_id]
        self._save(base, table, record, kept)
        return {"id": comment_id, "deleted": True}

    def _find(self, record: Record, comment_id: Json) -> Fields:
        for each in record.comments:
            if each["id"] == comment_id:
                return each
        raise errors.unprocessable(
            "ROW_COMMENT_DOES_NOT_EXIST", f"Comment {comment_id} does not exist"
        )

    def _save(self, base: Base, table: Table, record: Record, comments: list[Fields]) -> None:
        record.comments = comments
        with self.state.lock, self.state.file.transaction() as connection:
            self.state.save_record(connection, base, table, record)

    def _shown(self, comment: Fields) -> Fields:
        author = self.state.users.get(comment["author"])
        shown = {
            **comment,
            "author": {"id": comment["author"]} if author is None else author.public(),
        }
        mentioned = {
            user.id: {
                "type": "user",
                "id": user.id,
                "displayName": user.name,
                "email": user.email,
            }
            for user_id in _MENTION.findall(comment["text"])
            if (user := self.state.users.get(user_id)) is not None
        }
        return {**shown, "mentioned": mentioned} if mentioned else shown


def _text(body: Json, keys: set[str]) -> str:
    if set(body) - keys or not isinstance(body.get("text"), str) or not body["text"]:
        raise errors.invalid_request()
    text: str = body["text"]
    return text
