"""Escrow: sales have numbers and may be of several artifacts, by auction or with an arbiter."""

from pathlib import Path

import orjson
from alembic import op

from engine.kernel.upcasting import sale_number

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and views; what was listed before has the number that its log is read with."""
    connection = op.get_bind()
    listed = connection.exec_driver_sql("SELECT artifact, seller, price, buyer, listed_at FROM listings").fetchall()
    connection.exec_driver_sql("DROP TABLE listings")
    text = Path(__file__).with_name("0006_escrow.sql").read_text(encoding="utf-8")
    for statement in filter(str.strip, text.split(";\n")):
        connection.exec_driver_sql(statement)
    for artifact, seller, price, buyer, listed_at in listed:
        sale = sale_number(artifact)
        row = (sale, seller, orjson.dumps([artifact]).decode(), price, buyer, None, 0, 0, "", listed_at, None)
        connection.exec_driver_sql(f"INSERT INTO listings VALUES ({', '.join('?' * len(row))})", row)
        connection.exec_driver_sql("INSERT INTO escrowed VALUES (?, ?, ?)", (artifact, sale, seller))
