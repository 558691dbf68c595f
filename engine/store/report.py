"""What a report asks of a run's file: series, balances, trades, sales and loans; cheap reads in one snapshot."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from engine.kernel.codec import GENESIS_HASH
from engine.kernel.entities import SCRIP, SimTime
from engine.store.files import connect_reader, damaged, read_meta

Row = tuple[Any, ...]


class RunReader:
    """Reads one run as of one moment; raises the `StoreError` that fits. To be closed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = connect_reader(path)
        self._rows("BEGIN")  # all that is read is of one moment, beside a live engine too
        self.meta = read_meta(self._connection, path)
        last = self._rows("SELECT seq, at, hash FROM commits ORDER BY seq DESC LIMIT 1")
        self.end: tuple[int, SimTime, bytes] = (last[0][0], last[0][1], last[0][2]) if last else (0, 0, GENESIS_HASH)

    def close(self) -> None:
        """Let go of the file."""
        with suppress(sqlite3.Error):
            self._connection.execute("COMMIT")
        self._connection.close()

    def _rows(self, sql: str, values: tuple[object, ...] = ()) -> list[Row]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise damaged(self._path, error) from error

    def _events(self, type_: str) -> list[Row]:
        """The data of all events of a type with their time, in order."""
        rows = self._rows(
            "SELECT e.at, e.actor, e.target, e.n, c.body FROM events AS e JOIN commits AS c ON c.seq = e.seq"
            " WHERE e.type = ? ORDER BY e.seq, e.n",
            (type_,),
        )
        return [(at, actor, target, orjson.loads(body)[6][n]["data"]) for at, actor, target, n, body in rows]

    def sampled_at(self) -> SimTime:
        """When the figures were sampled last; 0 if never."""
        return int(self._rows("SELECT coalesce(max(at), 0) FROM kpis")[0][0])

    def latest_sample(self) -> dict[str, float | None]:
        """The figures of the last sample by name."""
        return dict(self._rows("SELECT name, value FROM kpis WHERE at = ? ORDER BY name", (self.sampled_at(),)))

    def series(self, name: str) -> list[tuple[SimTime, float | None]]:
        """One figure over time, oldest first."""
        return [
            (at, value) for at, value in self._rows("SELECT at, value FROM kpis WHERE name = ? ORDER BY at", (name,))
        ]

    def health_reports(self) -> list[tuple[SimTime, str, int, str, str]]:
        """All reports of the auditor: time, status, score, trend, concerns as JSON; oldest first."""
        rows = self._rows("SELECT at, status, score, trend, concerns FROM health_log ORDER BY seq")
        return [(at, status, score, trend, concerns) for at, status, score, trend, concerns in rows]

    def stopped(self) -> str:
        """Why the run ended for good; empty while it can go on."""
        found = self._rows("SELECT stopped FROM switches WHERE id = 'world'")
        return found[0][0] if found else ""

    def agents_by_state(self) -> dict[str, int]:
        """How many agents are in each state."""
        sql = "SELECT iif(paused, 'paused', state) AS shown, count(*) FROM agents GROUP BY shown ORDER BY shown"
        return dict(self._rows(sql))

    def wealth(self) -> list[tuple[str, int]]:
        """The scrip of each agent, held scrip included."""
        rows = self._rows(
            "SELECT a.id, coalesce(b.available + b.held, 0) FROM agents AS a"
            " LEFT JOIN balances AS b ON b.principal = a.id AND b.asset = ? ORDER BY a.id",
            (SCRIP,),
        )
        return [(agent, amount) for agent, amount in rows]

    def most_active(self, count: int) -> list[dict[str, Any]]:
        """The agents that acted most."""
        sql = "SELECT id, actions, refusals FROM agents ORDER BY actions DESC, id LIMIT ?"
        return [{"agent": a, "actions": n, "refusals": refused} for a, n, refused in self._rows(sql, (count,))]

    def trades(self) -> list[dict[str, Any]]:
        """What was traded, by instrument."""
        rows = self._rows(
            "SELECT i.id, i.last_price, i.volume, i.turnover, a.unit FROM instruments AS i"
            " LEFT JOIN assets AS a ON a.id = i.id ORDER BY i.turnover DESC, i.id LIMIT 50"
        )
        return [
            {
                "instrument": name,
                "last_price": price,
                "mean_price": turnover / volume if volume else None,
                "volume": volume,
                "turnover": turnover,
                "unit": unit or "",
            }
            for name, price, volume, turnover, unit in rows
        ]

    def escrow(self) -> dict[str, Any]:
        """How many sales there were through escrow and for how much, and the dearest."""
        sold = self._events("escrow.sold")
        dearest = sorted(sold, key=lambda one: (-one[3]["price"], one[0]))[:10]
        return {
            "sales": len(sold),
            "volume": sum(data["price"] for *_, data in sold),
            "dearest": [
                {
                    "at": at,
                    "artifacts": data.get("artifacts") or [data.get("artifact")],
                    "price": data["price"],
                    "seller": data.get("seller") or target,
                    "buyer": data.get("buyer") or actor,
                }
                for at, actor, target, data in dearest
            ],
        }

    def mint_totals(self) -> dict[str, Any]:
        """All resolutions with bids: how many, what winners paid, what was minted."""
        told = [data for *_, data in self._events("mint.resolved") if data.get("bids")]
        return {
            "resolutions": len(told),
            "bids": sum(data["bids"] for data in told),
            "minted": sum(data["minted"] for data in told),
            "shared": sum(data["redistributed"] for data in told),
        }

    def mint_rounds(self, count: int) -> list[Row]:
        """The latest resolutions, newest first; the winners as JSON."""
        sql = "SELECT id, at, bids, price, minted, redistributed, results FROM mint_rounds ORDER BY id DESC LIMIT ?"
        return self._rows(sql, (count,))

    def debt(self) -> dict[str, Any] | None:
        """Loans made, paid and defaulted in all, and those on which most is owed; None where there were none."""
        made = self._rows("SELECT count(*), coalesce(sum(principal), 0) FROM loans_made")[0]
        open_ = self._rows(
            'SELECT id, lender, borrower, principal, rate, state, "left" + interest + late AS owed FROM loans'
            " ORDER BY owed DESC, id"
        )
        if not made[0] and not open_:
            return None
        paid = self._rows("SELECT count(*), coalesce(sum(principal), 0), coalesce(sum(amount), 0) FROM loan_payments")[
            0
        ]
        failed = self._rows(
            "SELECT count(*), coalesce(sum(owed), 0), coalesce(sum(recovered), 0), coalesce(sum(lost), 0),"
            " coalesce(sum(claim), 0) FROM loan_defaults"
        )[0]
        names = ("loan", "lender", "borrower", "principal", "rate", "state", "owed")
        return {
            "made": made[0],
            "lent": made[1],
            "payments": paid[0],
            "repaid": paid[1],
            "beyond_principal": paid[2] - paid[1],
            "defaults": failed[0],
            "defaulted": failed[1],
            "recovered": failed[2],
            "lost": failed[3],
            "claimed": failed[4],
            "open": len(open_),
            "owed": sum(row[6] for row in open_),
            "owed_in_default": sum(row[6] for row in open_ if row[5] == "defaulted"),
            "largest": [dict(zip(names, row, strict=True)) for row in open_[:10]],
        }
