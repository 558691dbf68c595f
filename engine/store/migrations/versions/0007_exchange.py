"""The exchange whole: rules of markets, positions, orders with an end and fees, assets that agents issue."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and make those anew that have more columns or kinds."""
    text = Path(__file__).with_name("0007_exchange.sql").read_text(encoding="utf-8")
    for statement in filter(str.strip, text.split(";\n")):
        op.get_bind().exec_driver_sql(statement)
