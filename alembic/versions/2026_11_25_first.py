"""The business tables, what the hub remembers about its connections, and the change log.

The statements stand in `alembic/sql/first`, in the order of their numbers.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_first"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = Path(__file__).parents[1] / "sql" / "first"
BUSINESS_TABLES = (
    "warmup_daily",
    "delivery_metric_daily",
    "excluded_day",
    "mailbox",
    "sending_domain",
    "deal",
    "campaign",
    "goal",
    "contact",
    "client",
)


def upgrade() -> None:
    """Make everything from nothing."""
    for path in sorted(STATEMENTS.glob("*.sql")):
        # A colon would begin a bind parameter.
        op.execute(sa.text(path.read_text(encoding="utf-8").replace(":", r"\:")))


def downgrade() -> None:
    """Back to nothing."""
    op.execute("DROP SCHEMA history CASCADE")
    op.execute("DROP SCHEMA dataset CASCADE")
    for table in BUSINESS_TABLES:
        op.execute(f"DROP TABLE public.{table}")
    op.execute("DROP SCHEMA hub CASCADE")
