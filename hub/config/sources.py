"""How is one stream of a source tied to a table of the hub, and when is it read?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from hub.config.streams import FROZEN, GuardSettings
from hub.config.values import Duration
from hub.core.schedule import InvalidCron, check_cron
from hub.core.transforms import check_transform

NAME = r"^[a-z][a-z0-9_]{0,54}$"
RESERVED_COLUMNS = frozenset({"id", "deleted_at", "recorded_at", "tx_from", "tx_to"})
"""The hub's own columns of every table."""


class ColumnType(StrEnum):
    """What a column of a dataset can hold."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    JSON = "json"


class GonePolicy(StrEnum):
    """What becomes of a row whose record is gone at the source."""

    TOMBSTONE = "tombstone"
    IGNORE = "ignore"


class PiiClass(StrEnum):
    """How much a value says about a person."""

    NONE = "none"
    PSEUDONYM = "pseudonym"
    PERSONAL = "personal"
    SECRET = "secret"  # noqa: S105  # a class of data, not a secret


def _one_as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_one_as_list)]
Scalar = str | int | float | bool


class SourceFieldSettings(BaseModel):
    """Where the values of one column come from, and what is done to them."""

    model_config = FROZEN

    field: str | None = Field(default=None, min_length=1)
    """The field at the source, as the source calls it."""
    constant: Scalar | None = None
    """In place of a field: the one value that every row has."""
    transform: Names = ()
    """Named transforms, applied in order: `["trim", "lower"]`. See docs/add-a-connector.md."""
    values: Mapping[str, Scalar] = Field(default_factory=dict)
    """What each value of the source is called in the hub; others stay as they are."""
    as_: ColumnType | None = Field(default=None, alias="as")
    """The type of the column, where it is not the source's own."""
    lookup: str | None = Field(default=None, pattern=r"^[a-z_]+\.[a-z_]+$")
    """The column refers to a row of the hub that is found by this: `client.name`."""
    precedence: int | None = Field(default=None, ge=0)
    """Among streams that feed this column the smallest number wins; the stream's if left out."""
    label: str | None = None
    """The column's name for people."""
    description: str | None = None
    """What the column means; it stands in the data dictionary and in GraphQL."""
    pii: PiiClass = PiiClass.NONE
    """How much a value says about a person."""

    @field_validator("transform")
    @classmethod
    def _known(cls, transform: tuple[str, ...]) -> tuple[str, ...]:
        for word in transform:
            check_transform(word)
        return transform

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if (self.field is None) == (self.constant is None):
            raise ValueError("say either `field` or `constant`")
        if self.lookup is not None and self.as_ is not None:
            raise ValueError("a column with `lookup` holds an id: leave `as` out")
        return self


def _field_as_table(value: object) -> object:
    return {"field": value} if isinstance(value, str) else value


MappedSourceField = Annotated[SourceFieldSettings, BeforeValidator(_field_as_table)]


class SourceStreamSettings(BaseModel):
    """Records of one shape at a source, tied to a dataset or to an entity of the hub."""

    model_config = FROZEN

    dataset: str | None = Field(default=None, pattern=NAME)
    """The dataset that the records become rows of; the stream's name if neither is given."""
    entity: str | None = Field(default=None, min_length=1)
    """In place of a dataset: the hub's own table that the records become rows of."""
    key: Names = ()
    """The columns that tell records apart, and by which an entity's row is found."""
    external_id: str | None = None
    """The source's field that identifies a record for ever, where `key` may change."""
    cursor: str | None = None
    """The source's field that grows with every change, for a source that is read by it."""
    append: bool = False
    """Whether rows are facts that hardly change: loading is quick, none is taken as deleted."""
    every: Duration | None = None
    """How often it is read; every hour if neither this nor `cron` is given."""
    cron: str | None = None
    """In place of `every`: when it is read, as cron says it (in UTC)."""
    jitter: Duration | None = None
    """Over how long a time starts are spread; a tenth of `every`, a minute at most, if left out."""
    full_every: Duration | None = None
    """How often everything is read anew although the source can say what changed."""
    on_gone: GonePolicy = GonePolicy.TOMBSTONE
    """What becomes of a row whose record a complete read no longer shows."""
    precedence: int | None = Field(default=None, ge=0)
    """Among streams that feed the same columns the smallest number wins."""
    description: str | None = None
    """What the dataset is; it stands in the data dictionary and in GraphQL."""
    guard: GuardSettings = GuardSettings()
    """How much one read may delete before a person is asked."""
    fields: Mapping[str, MappedSourceField] = Field(default_factory=dict)
    """The mapping: a column = a field of the source. For a dataset all fields if left out."""

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, cron: str | None) -> str | None:
        if cron is not None:
            try:
                check_cron(cron)
            except InvalidCron as exc:
                raise ValueError(str(exc)) from exc
        return cron

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.dataset is not None and self.entity is not None:
            raise ValueError("say either `dataset` or `entity`")
        if self.every is not None and self.cron is not None:
            raise ValueError("say either `every` or `cron`")
        return self

    @property
    def interval(self) -> timedelta | None:
        """How often it is read; None where cron says it."""
        return None if self.cron else self.every or timedelta(hours=1)


class SourceEntry(SourceStreamSettings):
    """A stream of a source with the keys of its kind."""

    model_config = ConfigDict(arbitrary_types_allowed=True, populate_by_name=True)

    connection: str
    name: str
    own: BaseModel

    @property
    def dataset_name(self) -> str | None:
        """The dataset it fills; None where it fills an entity."""
        return None if self.entity is not None else self.dataset or self.name

    @property
    def target(self) -> str:
        """What it fills, for people."""
        return self.entity or f"dataset {self.dataset_name}"

    def precedence_of(self, column: str) -> int | None:
        """Its place among the streams that feed `column`; None where nothing was said."""
        field = self.fields.get(column)
        if field is not None and field.precedence is not None:
            return field.precedence
        return self.precedence
