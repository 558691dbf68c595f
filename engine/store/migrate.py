"""Brings a run's file up to the newest revision, with a backup of it as it was; loads Alembic, so only when needed."""

import contextlib
import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from engine.store.errors import StoreFailed
from engine.store.schema import HEAD


def alembic_config() -> Config:
    """Alembic's configuration without a file of its own: the migrations lie beside this module."""
    config = Config()
    folder = Path(__file__).with_name("migrations")
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def upgrade(path: Path, to: str = HEAD) -> None:
    """Run the migrations up to a revision in one transaction; a failure leaves the file as it was."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def manual_transactions(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        # The sqlite3 module would commit before each statement that changes the schema.
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    finally:
        engine.dispose()


def migrate(path: Path, found: str) -> Path:
    """Back the file up and bring it to the newest revision; returns the backup. The lock must be held."""
    backup = _backup_name(path, found)
    try:
        with (
            contextlib.closing(sqlite3.connect(path)) as source,
            contextlib.closing(sqlite3.connect(backup)) as target,
        ):
            source.backup(target)
    except (OSError, sqlite3.Error) as error:
        backup.unlink(missing_ok=True)
        raise StoreFailed(f"{path}: no backup could be made before the migration: {error}; make space first") from error
    try:
        upgrade(path)
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreFailed(
            f"{path}: the migration from revision {found} to {HEAD} failed:"
            f" {getattr(error, 'orig', error)}; the file is as it was,"
            f" and a copy is in {backup}"
        ) from error
    return backup


def _backup_name(path: Path, found: str) -> Path:
    candidate = path.with_name(f"{path.name}.revision-{found}")
    number = 2
    while candidate.exists():
        candidate = path.with_name(f"{path.name}.revision-{found}-{number}")
        number += 1
    return candidate
