"""Vectors of what entries of memories mean."""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let entries have vectors, and memories say why theirs have none."""
    text = Path(__file__).with_name("0013_vectors.sql").read_text(encoding="utf-8")
    for statement in filter(str.strip, text.split(";\n")):
        op.get_bind().exec_driver_sql(statement)
