"""Reports on the health of the world; counts since time zero are no series."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and its view."""
    text = Path(__file__).with_name("0005_health.sql").read_text(encoding="utf-8")
    for statement in filter(str.strip, text.split(";\n")):
        op.get_bind().exec_driver_sql(statement)
