"""Views for analysts: event_log, action_log, trades, account_balances."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the views."""
    text = Path(__file__).with_name("0002_views.sql").read_text(encoding="utf-8")
    for statement in filter(str.strip, text.split(";\n")):
        op.get_bind().exec_driver_sql(statement)
