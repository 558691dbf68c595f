"""Views of the mint: its resolutions, and every bid with what became of it."""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the views."""
    text = Path(__file__).with_name("0010_mint.sql").read_text(encoding="utf-8")
    for statement in filter(str.strip, text.split(";\n")):
        op.get_bind().exec_driver_sql(statement)
