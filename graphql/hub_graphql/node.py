"""What does every row with an id of its own have in common?"""

from __future__ import annotations

import strawberry

from hub_graphql.sources import SOURCE, ColumnSource


@strawberry.interface(description="A row that its id identifies for ever.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="Identifies the row for ever; a UUID that sorts by the time it was made.",
        metadata={SOURCE: ColumnSource(column="id")},
    )
