"""Writes `schema.sql` from the SQLModel classes: `python -m engine.store.schema_text`."""

from pathlib import Path

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable
from sqlmodel import SQLModel

import engine.store.log_tables
import engine.store.tables


def schema_text() -> str:
    """The statements that make all tables, in order of name."""
    models = {
        model.__tablename__
        for module in (engine.store.tables, engine.store.log_tables)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, SQLModel) and model is not SQLModel
    }
    dialect = sqlite.dialect()
    tables = sorted((table for name, table in SQLModel.metadata.tables.items() if name in models), key=str)
    statements = [str(CreateTable(table).compile(dialect=dialect)) for table in tables]
    lines = (line.rstrip() for line in ";\n".join(s.strip() for s in statements).splitlines())
    return "\n".join(lines).replace("\t", "  ") + ";\n"


def main() -> None:
    """Write the file beside this module."""
    Path(__file__).with_name("schema.sql").write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
