"""Which fields are computed, and from what arguments?"""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

from hub_graphql.reports import (
    load_campaign_funnels,
    load_client_warmup,
    load_funnels,
    load_mailbox_warmup,
    load_whole_funnel,
)
from hub_graphql.sources import SOURCE, Computed, RootComputed
from hub_graphql.types.delivery_funnel import Period


def _argument(
    name: str, annotation: Any, description: str, default: object = UNSET
) -> StrawberryArgument:
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(annotation),
        description=description,
        default=default,
    )


def _days() -> list[StrawberryArgument]:
    return [
        _argument("from", date | None, "The first day; from the beginning unless told."),
        _argument("to", date | None, "The last day; to the end unless told."),
    ]


def _funnel_arguments() -> list[StrawberryArgument]:
    return [
        *_days(),
        _argument("by", Period, "How days are put together.", Period.DAY),
        _argument(
            "include_excluded", bool, "Whether days marked as excluded are counted, too.", False
        ),
    ]


def _field(
    source: Computed | RootComputed, description: str, arguments: list[StrawberryArgument]
) -> Any:
    declared = strawberry.field(description=description, metadata={SOURCE: source})
    declared.arguments = arguments
    return declared


def client_funnel() -> Any:
    """A client's delivery funnel."""
    return _field(
        Computed(load=load_funnels),
        "The client's way from sent to replied, without excluded days unless asked for.",
        _funnel_arguments(),
    )


def campaign_funnel() -> Any:
    """A campaign's delivery funnel."""
    return _field(
        Computed(load=load_campaign_funnels),
        "The campaign's way from sent to replied, without its client's excluded days unless asked"
        " for.",
        _funnel_arguments(),
    )


def client_warmup() -> Any:
    """The warm-up of all mailboxes of a client."""
    return _field(
        Computed(load=load_client_warmup),
        "The warm-up of all the client's mailboxes together, day by day; excluded days are marked.",
        _days(),
    )


def mailbox_warmup() -> Any:
    """The warm-up of one mailbox."""
    return _field(
        Computed(load=load_mailbox_warmup),
        "The mailbox's warm-up, day by day; excluded days are marked.",
        _days(),
    )


def root_funnel() -> Any:
    """The delivery funnel of one client, or of all."""
    return _field(
        RootComputed(
            owner="Client", argument="clientId", load=load_funnels, load_whole=load_whole_funnel
        ),
        "The way from sent to replied, without excluded days unless asked for;"
        " null when there is no such client.",
        [
            _argument("client_id", strawberry.ID | None, "Whose; everybody's unless told."),
            *_funnel_arguments(),
        ],
    )


def root_warmup() -> Any:
    """The warm-up of all mailboxes of one client."""
    return _field(
        RootComputed(owner="Client", argument="clientId", load=load_client_warmup),
        "The warm-up of all the client's mailboxes together, day by day; excluded days are marked;"
        " null when there is no such client.",
        [_argument("client_id", strawberry.ID, "Whose."), *_days()],
    )
