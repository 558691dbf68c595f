"""Puts together what the store process sends when a run is opened."""

from typing import Any

import orjson

from engine.store.columns import columns
from engine.store.values import Loaded, Meta
from engine.store.wire import SEPARATOR, Kind


class Opening:
    """Collects frames until the run is open."""

    def __init__(self) -> None:
        self.bytes_written = 0
        self._rows: dict[str, list[Any]] = {table: [] for table in columns()}
        self._usages: list[tuple[str, str, int, int]] = []
        self._tail: list[bytes] = []

    def take(self, kind: Kind, payload: bytes) -> Loaded | None:
        """Take the next frame; the last one completes the run."""
        if kind is Kind.ROWS:
            table, rows = orjson.loads(payload)
            described = columns()[table]
            self._rows[table] += [described.row(values) for values in rows]
        elif kind is Kind.USAGES:
            self._usages += [(principal, asset, at, amount) for principal, asset, at, amount in orjson.loads(payload)]
        elif kind is Kind.TAIL:
            self._tail += payload.split(SEPARATOR)
        elif kind is Kind.OPENED:
            opened = orjson.loads(payload)
            self.bytes_written = opened["bytes"]
            meta = Meta(**opened["meta"])
            digest = bytes.fromhex(opened["hash"])
            return Loaded(meta, opened["seq"], opened["now"], digest, self._rows, self._usages, self._tail)
        return None
