"""Figures, times and tables of a report as people read them; what agents chose is cleaned before it gets here."""

from collections.abc import Sequence

from engine.kernel.entities import SECOND, Json
from engine.kernel.errors import printable

LEVELS = {"healthy": "●", "warning": "▲", "critical": "✗", "": ""}
TRENDS = {"rising": "↗", "falling": "↘", "steady": "→", "": ""}
GROUPS = {
    "capital": "Capital",
    "activity": "Activity",
    "market": "Market",
    "resources": "Resources",
    "emergence": "Emergence",
    "debt": "Debt",
}
_SHOWN = 60


def name(text: object) -> str:
    """Something that an agent may have chosen, short and inert."""
    return printable(str(text))[:_SHOWN]


def number(value: float | None) -> str:
    """A figure with as many digits as matter; a dash where there was nothing to measure."""
    if value is None:
        return "–"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    size = abs(value)
    return f"{value:,.0f}" if size >= 1000 else f"{value:,.1f}" if size >= 100 else f"{value:.3g}"


def percent(share: float | None) -> str:
    """A share of one as percent."""
    return "–" if share is None else f"{100 * share:.1f} %"


def time(at: float) -> str:
    """World time in µs as days, hours, minutes and seconds."""
    days, seconds = divmod(int(at) // SECOND, 86_400)
    clock = f"{seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
    return f"{days}d {clock}" if days else clock


def span(seconds: float) -> str:
    """A length of time in the largest unit of which it is a whole number."""
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:g} s"


def sampled(run: Json) -> str:
    """At which time figures were sampled, and how often they are."""
    if run["sampled_at"] is None:
        return "no figures were sampled yet"
    return f"the figures below are of {time(run['sampled_at'])}, sampled every {span(run['sample_every_seconds'])}"


def story(report: Json) -> list[str]:
    """What the figures of a readable report come to, in a few plain sentences."""
    run, health = report["run"], report["health"]
    figures = {one["name"]: one for one in report["figures"]}
    agents = sum(run["agents"].values())
    reports = f"{health['reports']} report{'' if health['reports'] == 1 else 's'}"
    said = [
        f"{name(run['world'])} has run for {time(run['sim_seconds'] * SECOND)} of world time with {agents:,} agents.",
        f"Its health is {health['status']}, {health['score']} of 100, {health['trend']}; "
        f"the lowest score in {reports} is {health['worst_score']}.",
    ]
    for title, sentence in (
        ("scrip_total", "Money in circulation is {value} scrip{trend}; it began at {first}"),
        ("gini", "Inequality (Gini) is {value}{trend}; it began at {first} and was between {lowest} and {highest}"),
        ("velocity", "A unit of scrip changes hands {value} times {per}{trend}; {mean} on average"),
        ("debt", "{value} scrip are owed on loans{trend}; at most it was {highest}"),
    ):
        one = figures.get(title)
        if one is not None and one["value"] is not None:
            facts = {key: number(one[key]) for key in ("value", "first", "lowest", "highest", "mean")}
            per = "a day" if one["unit"].endswith("/day") else "a minute"
            trend = f", {one['trend']}" if one["trend"] else ""
            said.append(sentence.format(trend=trend, per=per, **facts) + ".")
    top = report["wealth"]["top_tenth"]
    if top is not None:
        said.append(f"The richest tenth of agents has {percent(top)} of what all agents have.")
    return said


def evidence(one: Json) -> str:
    """The evidence of a concern in one line."""
    trend = f", {one['trend']}" if one["trend"] else ""
    unit = f" {one['unit']}" if one["unit"] and one["unit"] != "0–1" else ""
    said = f"{one['figure']} is {number(one['value'])}{unit}, {one['when']} {number(one['threshold'])}"
    return f"{said}, since {time(one['since'])}{trend}"


Table = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
"""Title, heads (those of numbers begin with `#`), and rows of cells."""


def tables(report: Json) -> list[Table]:
    """What was done by whom and at which price: wealth, actions, market, mint, escrow, debt, as far as there is any."""
    wealth, mint, escrow, debt = report["wealth"], report["mint"], report["escrow"], report["debt"]
    found: list[Table] = [
        (
            "Richest agents",
            ("agent", "#scrip", "#share"),
            [(name(one["agent"]), number(one["scrip"]), percent(one["share"])) for one in wealth["top"]],
        ),
        (
            "Most active agents",
            ("agent", "#actions", "#refused"),
            [(name(one["agent"]), number(one["actions"]), number(one["refusals"])) for one in wealth["most_active"]],
        ),
        (
            "Exchange",
            ("instrument", "unit", "#last price", "#mean price", "#volume", "#turnover"),
            [_traded(one) for one in report["market"]],
        ),
        (
            "Mint, latest resolutions",
            ("#round", "#time", "#bids", "#price", "#minted", "#shared out", "winners"),
            [_round(one) for one in mint["rounds"]],
        ),
        (
            "Escrow, dearest sales",
            ("artifact", "#price", "seller", "buyer", "#time"),
            [_sale(one) for one in escrow["dearest"]],
        ),
    ]
    if debt is not None:
        heads = ("loan", "lender", "borrower", "#principal", "#owed", "state")
        keys = ("loan", "lender", "borrower", "principal", "owed", "state")
        rows = [
            tuple(number(v) if isinstance(v, int) else name(v) for v in (one[k] for k in keys))
            for one in debt["largest"]
        ]
        found.append(("Debt, largest open loans", heads, rows))
    return [one for one in found if one[2]]


def totals(report: Json) -> list[str]:
    """What mint, escrow and debt come to in all."""
    mint, escrow, debt = report["mint"], report["escrow"], report["debt"]
    said = []
    if mint["resolutions"]:
        said.append(
            f"The mint resolved {mint['resolutions']:,} auctions with {mint['bids']:,} bids: "
            f"{mint['minted']:,} scrip were minted, {mint['shared']:,} paid by winners were shared out."
        )
    if escrow["sales"]:
        said.append(f"{escrow['sales']:,} sales through escrow brought {escrow['volume']:,} scrip.")
    if debt is not None:
        said.append(
            f"{debt['made']:,} loans of {debt['lent']:,} scrip were made; {debt['repaid']:,} were paid back, and "
            f"{debt['beyond_principal']:,} more as interest, penalties and fees."
        )
        said.append(
            f"{debt['defaults']:,} loans went into default with {debt['defaulted']:,} owed, "
            f"of which {debt['recovered']:,} were recovered from collateral and {debt['lost']:,} were lost for good; "
            f"the remaining {debt['claimed']:,} stayed a claim."
        )
        said.append(
            f"{debt['owed']:,} are owed on {debt['open']:,} open loans, {debt['owed_in_default']:,} of it in default "
            f"and {debt['owed'] - debt['owed_in_default']:,} on loans that are not."
        )
    return said


def _traded(one: Json) -> tuple[str, ...]:
    figures = (one["last_price"], one["mean_price"], one["volume"], one["turnover"])
    return (name(one["instrument"]), name(one["unit"]), *map(number, figures))


def _round(one: Json) -> tuple[str, ...]:
    winners = ", ".join(f"{name(w['bidder'])} with {name(w['artifact'])} ({w['score']})" for w in one["winners"])
    figures = (one["bids"], one["price"], one["minted"], one["shared"])
    return (number(one["round"]), time(one["at"]), *map(number, figures), winners or "none")


def _sale(one: Json) -> tuple[str, ...]:
    artifacts = ", ".join(map(name, one["artifacts"]))
    return (artifacts, number(one["price"]), name(one["seller"]), name(one["buyer"]), time(one["at"]))


def shown(value: float | None, unit: str) -> str:
    """A figure with its unit."""
    return number(value) if value is None or unit in ("", "0–1") else f"{number(value)} {unit}"


def thresholds(one: Json) -> str:
    """From where on a figure is a concern; empty if it is not watched."""
    said = [f"{word} {one['when']} {number(one[word])}" for word in ("warning", "critical") if one[word] is not None]
    return ", ".join(said)


def series(one: Json) -> Sequence[tuple[int, float | None]]:
    """The points of a figure's series."""
    return [(at, value) for at, value in one["series"]]
