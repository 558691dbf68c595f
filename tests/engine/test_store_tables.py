"""The schema: the same as the kernel's rows, however a file came to it."""

import dataclasses
import sqlite3
from pathlib import Path
from typing import Any, get_args, get_type_hints

import orjson
import pytest
from sqlalchemy import Column, Table
from sqlmodel import Session, SQLModel, create_engine, select

from engine.kernel.entities import ISSUANCE, Order
from engine.kernel.state import State
from engine.store import files, log_tables, migrate, schema, schema_text, tables
from engine.store.columns import column_kind, columns
from tests.engine.store_kit import META, lively_world, sample_row, write_run

STATE_TABLES = {
    str(model.__tablename__): model
    for model in vars(tables).values()
    if isinstance(model, type) and issubclass(model, SQLModel) and model is not SQLModel
}
KERNEL_TABLES = State().tables
_REGENERATE = "run python -m engine.store.schema_text (and write a migration once the schema has been released)"


def sql_table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


def test_every_kernel_table_has_a_class_and_no_other_has() -> None:
    assert set(STATE_TABLES) == set(KERNEL_TABLES)


@pytest.mark.parametrize("name", sorted(KERNEL_TABLES))
def test_a_class_has_the_fields_of_the_row_in_the_same_order(name: str) -> None:
    fields = [field.name for field in dataclasses.fields(KERNEL_TABLES[name].row_type)]
    assert [column.name for column in sql_table(name).columns] == fields


@pytest.mark.parametrize("name", sorted(KERNEL_TABLES))
def test_a_class_has_the_key_of_the_table(name: str) -> None:
    row = sample_row(KERNEL_TABLES[name].row_type, 3)
    key = tuple(getattr(row, column.name) for column in sql_table(name).primary_key.columns)
    assert KERNEL_TABLES[name].key_of(row) == (key if len(key) > 1 else key[0])
    assert columns()[name].key == tuple(column.name for column in sql_table(name).primary_key.columns)


@pytest.mark.parametrize("name", sorted(KERNEL_TABLES))
def test_a_class_has_the_types_of_the_row_and_may_be_null_where_the_row_may_be_none(name: str) -> None:
    hints = get_type_hints(KERNEL_TABLES[name].row_type)
    expected = {int: "INTEGER", bool: "INTEGER", str: "TEXT", dict: "TEXT"}

    def described(column: Column[Any]) -> tuple[str, bool]:
        return str(column.type.compile()), bool(column.nullable)

    assert {column.name: described(column) for column in sql_table(name).columns} == {
        field: (expected[column_kind(hint)], type(None) in get_args(hint)) for field, hint in hints.items()
    }


def test_the_packaged_schema_is_that_of_the_classes() -> None:
    packaged = Path(schema.__file__).with_name("schema.sql").read_text(encoding="utf-8")
    assert packaged == schema_text.schema_text(), _REGENERATE


def described(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return {name: " ".join(sql.split()) for name, sql in found}


def test_the_migrations_lead_to_the_packaged_schema(tmp_path: Path) -> None:
    made, migrated = tmp_path / "made.db", tmp_path / "migrated.db"
    files.create(made, META)
    migrate.upgrade(migrated)
    left, right = described(made), described(migrated)
    left.pop("alembic_version")
    right.pop("alembic_version")
    assert right == left, _REGENERATE


def test_a_run_from_before_keeps_its_orders_and_assets(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    migrate.upgrade(path, "0006")
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO assets VALUES ('disk', 'allocatable', 'bytes', 1, 0, NULL)")
        connection.execute("INSERT INTO orders VALUES (4, 'ann', 'disk', 'buy', 5, 10, 7, 9, NULL, 33)")
    connection.close()
    migrate.upgrade(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT * FROM assets").fetchall() == [("disk", "allocatable", "bytes", 1, 0, None)]
        (order,) = connection.execute("SELECT * FROM orders").fetchall()
        assert columns()["orders"].row(list(order)) == Order(4, "ann", "disk", "buy", 5, 10, 7, 9, None, 33)
        connection.execute("INSERT INTO assets VALUES ('gold.1', 'issued', 'g', 1, 0, 5)")
    connection.close()


def test_the_revisions_are_those_of_the_migrations_in_order() -> None:
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(migrate.alembic_config())
    assert tuple(revision.revision for revision in reversed(list(script.walk_revisions()))) == schema.REVISIONS


def test_every_table_is_strict(tmp_path: Path) -> None:
    files.create(tmp_path / "run.db", META)
    with sqlite3.connect(tmp_path / "run.db") as connection:
        strict = {
            name: strict for _, name, kind, _, _, strict in connection.execute("PRAGMA table_list") if kind == "table"
        }
    connection.close()
    assert {name for name, value in strict.items() if not value} == {
        "alembic_version",
        "sqlite_schema",
        "sqlite_temp_schema",
    }


def insert(path: Path, table: str, **other: object) -> None:
    """A row as the kernel makes it, but for `other`."""
    described = columns()[table]
    row = orjson.loads(orjson.dumps(sample_row(KERNEL_TABLES[table].row_type, 2)))
    values = dict(zip(described.names, described.values_of()(row), strict=True)) | other
    connection = sqlite3.connect(path)
    try:
        connection.execute(described.upsert(), tuple(values.values()))
        connection.commit()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("table", "column", "value", "problem"),
    [
        ("balances", "available", -1, "CHECK"),
        ("balances", "held", -1, "CHECK"),
        ("balances", "held", 1.5, "cannot store REAL"),
        ("balances", "held", None, "NOT NULL"),
        ("holds", "amount", 0, "CHECK"),
        ("agents", "state", "ticking", "CHECK"),
        ("agents", "paused", 2, "CHECK"),
        ("assets", "kind", "stock", "CHECK"),
        ("requests", "state", "maybe", "CHECK"),
        ("grants", "uses_left", -1, "CHECK"),
        ("orders", "side", "hold", "CHECK"),
        ("orders", "price", 0, "CHECK"),
        ("orders", "remaining", 3, "CHECK"),
        ("bids", "amount", 0, "CHECK"),
    ],
)
def test_a_row_that_cannot_be_is_refused(tmp_path: Path, table: str, column: str, value: object, problem: str) -> None:
    path = tmp_path / "run.db"
    files.create(path, META)
    with pytest.raises(sqlite3.IntegrityError, match=problem):
        insert(path, table, **{column: value})
    insert(path, table)


def test_issuance_alone_may_be_below_zero(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    files.create(path, META)
    insert(path, "balances", principal=ISSUANCE, available=-1)
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        insert(path, "balances", principal=ISSUANCE, held=-1)


async def test_the_classes_read_a_run(tmp_path: Path) -> None:
    world = lively_world()
    path = tmp_path / "run.db"
    await write_run(path, world.bodies)
    engine = create_engine(f"sqlite:///{path}")
    with Session(engine) as session:
        artifact = session.exec(select(tables.Artifacts)).first()
        commits = session.exec(select(log_tables.Commits)).all()
    engine.dispose()
    assert artifact is not None
    stored = world.state.artifacts.rows[artifact.id]
    assert (artifact.metadata_, artifact.has_standing) == (stored.metadata, stored.has_standing)
    assert tuple(artifact.access) == stored.access
    assert [commit.body for commit in commits] == world.bodies
