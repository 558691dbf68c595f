"""The schema of a run's file: its mark, its revisions, and the statements that make it.

`schema.sql` is what the migrations lead to from nothing; a run is made from it without loading Alembic. Both are
checked against the SQLModel classes by a test; after a change of those, `python -m engine.store.schema_text` writes it.
"""

from importlib.resources import files

APPLICATION_ID = 0x45434F53
"""Marks a SQLite file as ours: "ECOS"."""

REVISIONS = tuple(f"{number:04}" for number in range(1, 16))
"""All revisions of the schema, oldest first; each is a migration in `migrations/versions`."""

HEAD = REVISIONS[-1]


def creation() -> str:
    """The script that makes an empty database a run of the newest revision."""
    text = files("engine.store").joinpath("schema.sql").read_text(encoding="utf-8")
    views = files("engine.store").joinpath("views.sql").read_text(encoding="utf-8")
    return (
        f"PRAGMA application_id = {APPLICATION_ID};\nBEGIN IMMEDIATE;\n{text}\n{views}\n"
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));\n"
        f"INSERT INTO alembic_version VALUES ('{HEAD}');\nCOMMIT;"
    )
