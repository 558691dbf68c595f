"""Alembic migrations of a run's file, oldest first; they only ever go forward."""
