"""The first schema: the state of the world, the log, and the run's meta."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    text = Path(__file__).with_name("0001_first.sql").read_text(encoding="utf-8")
    for statement in filter(str.strip, text.split(";\n")):
        op.get_bind().exec_driver_sql(statement)
