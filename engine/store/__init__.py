"""One run, one SQLite file: journal, loader, verification, backup and history.

Nothing is imported here. The engine's side is `journal` and `restore`; the database itself is touched only by the store
process (`process`), which the journal starts, and by read-only readers (`verify`, `backup`, `history`).
"""
