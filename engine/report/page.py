"""A report as one page of HTML that needs nothing else: charts inline, no script, no address, fit for print."""

from collections.abc import Iterator
from html import escape

from engine.kernel.entities import Json
from engine.report.readable import apart, readable
from engine.report.svg import Mark, histogram, line_chart, lorenz_chart
from engine.report.words import (
    GROUPS,
    LEVELS,
    TRENDS,
    Table,
    evidence,
    name,
    number,
    percent,
    sampled,
    shown,
    story,
    tables,
    time,
    totals,
)
from engine.report.words import thresholds as limits

STYLE = """
:root { color-scheme: light dark; --ink: #1b2026; --paper: #fff; --quiet: #5a6572; --rule: #d4dae1;
  --line: #0063a6; --warning: #8f5a00; --critical: #b03a00; --good: #00694c; }
@media (prefers-color-scheme: dark) { :root { --ink: #d8dee6; --paper: #101418; --quiet: #97a3b0; --rule: #2c3640;
  --line: #4fa3d9; --warning: #e69f00; --critical: #f0703c; --good: #3fb58f; } }
body { margin: 0 auto; padding: 1.5rem; max-width: 72rem; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, sans-serif; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--rule); }
nav a { margin-right: 1em; } a { color: var(--line); }
table { border-collapse: collapse; margin: .5rem 0; } caption { text-align: left; font-weight: 600; }
th, td { padding: .15rem .8rem .15rem 0; text-align: left; vertical-align: top; }
th, th[scope="row"] + td { border-bottom: 1px solid var(--rule); }
.num { text-align: right; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } .quiet { color: var(--quiet); } .figures { display: grid; gap: 1.5rem;
  grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); } figure { margin: 0; break-inside: avoid; }
figcaption b { font-weight: 600; } .healthy { color: var(--good); } .warning { color: var(--warning); }
.critical { color: var(--critical); } .status { font-size: 1.5rem; font-weight: 600; }
svg { width: 100%; height: auto; display: block; } svg text { font: 12px system-ui, sans-serif; fill: var(--quiet); }
svg .grid { stroke: var(--rule); } svg .line { fill: none; stroke: var(--line); stroke-width: 2; }
svg circle.line, svg .bar { fill: var(--line); stroke: none; }
svg .even { fill: none; stroke: var(--quiet); stroke-dasharray: 4 4; }
svg line.warning { stroke: var(--warning); stroke-dasharray: 6 4; } svg text.warning { fill: var(--warning); }
svg line.critical { stroke: var(--critical); stroke-dasharray: 2 3; stroke-width: 2; }
svg text.critical { fill: var(--critical); }
@media print { nav { display: none; } body { padding: 0; font-size: 11px; } section { break-inside: auto; } }
"""


def as_html(report: Json) -> str:
    """The page."""
    title = escape(f"{name(report['run']['world'])}: report")
    found = list(_sections(report))
    links = "".join(f'<a href="#{key}">{escape(heading)}</a>' for key, heading, _ in found)
    body = "".join(
        f'<section id="{key}" aria-labelledby="{key}-h"><h2 id="{key}-h">{escape(heading)}</h2>{inner}</section>'
        for key, heading, inner in found
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"/><style>{STYLE}</style></head>'
        f"<body><header><h1>{_heading(report)}</h1>{_facts(report['run'])}</header><nav>{links}</nav><main>{body}</main>"
        "</body></html>\n"
    )


def _heading(report: Json) -> str:
    run = report["run"]
    return escape(name(run["title"]) or name(run["world"]))


def _facts(run: Json) -> str:
    agents = ", ".join(f"{count:,} {state}" for state, count in run["agents"].items())
    facts = [
        ("world", name(run["world"])),
        ("seed", str(run["seed"])),
        ("file", name(run["file"])),
        ("begun", name(run["created"])),
        ("ended", name(run["stopped"]) or "not yet: it can be gone on with"),
        ("world time", time(run["sim_seconds"] * 1_000_000)),
        ("agents", agents),
        ("commits", f"{run['commits']:,}"),
        ("hash", run["hash"]),
    ]
    rows = "".join(f'<tr><th scope="row">{key}</th><td>{escape(value)}</td></tr>' for key, value in facts)
    teaches = f"<p>{escape(name(run['teaches']) if len(run['teaches']) <= 60 else run['teaches'])}</p>"
    return f'{teaches if run["teaches"] else ""}<div class="scroll"><table>{rows}</table></div>'


def _sections(report: Json) -> Iterator[tuple[str, str, str]]:
    report = readable(report)
    yield "summary", "Summary", "".join(f"<p>{escape(one)}</p>" for one in (*story(report), *totals(report)))
    yield "health", "Health", _health(report["health"], report["run"])
    for group, heading in GROUPS.items():
        figures, none = apart([one for one in report["figures"] if one["group"] == group])
        drawn = f'<div class="figures">{"".join(map(_figure, figures))}</div>' if figures else ""
        idle = f'<p class="quiet">{escape(none)}</p>' if none else ""
        if drawn or idle:
            yield group, heading, drawn + idle
    yield "wealth", "Wealth", _wealth(report["wealth"])
    yield "who", "Who, what and at which price", "".join(map(_table, tables(report)))


def _health(health: Json, run: Json) -> str:
    sign = LEVELS[health["status"]]
    head = (
        f'<p class="status {health["status"]}">{sign} {health["status"]}, {health["score"]} of 100'
        f' <span class="quiet">{health["trend"]}; as of {time(health["at"])} of world time; {sampled(run)}'
        "</span></p>"
    )
    concerns = "".join(
        f'<li><b class="{one["level"]}">{LEVELS[one["level"]]} {one["level"]}</b>: {escape(evidence(one))}.'
        f"<br/>{escape(one['means'])}</li>"
        for one in health["concerns"]
    )
    told = f"<ul>{concerns}</ul>" if concerns else "<p>No figure is beyond its threshold.</p>"
    scores = line_chart("Score of health", [(at, score) for at, _, score in health["history"]], ends=(0, 100))
    caption = "<figcaption><b>Score of all reports</b></figcaption>"
    return head + told + (f'<div class="figures"><figure>{caption}{scores}</figure></div>' if scores else "")


def _figure(one: Json) -> str:
    kinds = [kind for kind in ("warning", "critical") if one[kind] is not None]
    marks: list[Mark] = [(one[kind], f"{kind} {number(one[kind])}", kind) for kind in kinds]
    level = f' <span class="{one["level"]}">{LEVELS[one["level"]]} {one["level"]}</span>' if one["level"] else ""
    held = limits(one)
    said = f"{escape(one['tells'])} <i>{escape(one['formula'])}</i>" + (f" ({escape(held)})" if held else "")
    chart = line_chart(one["name"], one["series"], marks) or '<p class="quiet">Nothing was measured.</p>'
    value = escape(shown(one["value"], one["unit"]))
    trend = f"{TRENDS[one['trend']]} {one['trend']}" if one["trend"] else ""
    return (
        f'<figure><figcaption><b>{escape(one["name"])}</b> {value} <span class="quiet">{trend}</span>{level}'
        f'<br/><span class="quiet">{said}</span></figcaption>{chart}</figure>'
    )


def _wealth(wealth: Json) -> str:
    facts = (
        f"{wealth['agents']:,} agents have {wealth['total']:,} scrip: {number(wealth['mean'])} on average, "
        f"{number(wealth['median'])} in the middle. The richest tenth has {percent(wealth['top_tenth'])}; "
        f"the Gini coefficient is {number(wealth['gini'])}."
    )
    charts = (("Agents by scrip", histogram(wealth["histogram"])), ("Lorenz curve", lorenz_chart(wealth["lorenz"])))
    drawn = "".join(f"<figure><figcaption><b>{title}</b></figcaption>{one}</figure>" for title, one in charts if one)
    return f'<p>{escape(facts)}</p><div class="figures">{drawn}</div>'


def _table(table: Table) -> str:
    title, heads, rows = table
    kinds = [' class="num"' if head.startswith("#") else "" for head in heads]
    head = "".join(
        f'<th scope="col"{kind}>{escape(one.removeprefix("#"))}</th>' for one, kind in zip(heads, kinds, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll"><table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
