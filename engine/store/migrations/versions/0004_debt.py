"""Loans: offers, what is owed, and views of their history."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and views."""
    text = Path(__file__).with_name("0004_debt.sql").read_text(encoding="utf-8")
    for statement in filter(str.strip, text.split(";\n")):
        op.get_bind().exec_driver_sql(statement)
