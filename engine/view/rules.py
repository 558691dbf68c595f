"""Rules that answer requests: those that hold, and the one that would answer a request like this from now on."""

from collections.abc import Collection
from typing import Any

from engine.capabilities.policy import Policy
from engine.capabilities.terms import Terms
from engine.kernel.durations import duration_text
from engine.kernel.state import State
from engine.view.types import Page, RuleRow
from engine.view.words import line


def rule_from(requester: str, verb: str, terms: Terms, taken: Collection[str] = ()) -> dict[str, Any]:
    """The rule that allows exactly these terms to this requester, as an operator's command takes it."""
    rule: dict[str, Any] = {
        "name": _free(line(f"{requester} {verb}", 190), taken),
        "effect": "allow",
        "verb": verb,
        "agent": requester,
        "resource": terms.resource,
        "uses": terms.uses,
        "ttl": duration_text(terms.ttl),
    }
    return rule | ({"quota": dict(terms.quota)} if terms.quota else {}) | {"depth": terms.depth}


def _free(name: str, taken: Collection[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


def to_toml(rule: dict[str, Any]) -> str:
    """A rule as a world file writes it."""
    import tomli_w  # not before the first frame of a console

    quota = rule.get("quota")
    plain = {key: value for key, value in rule.items() if key != "quota" and value not in (None, "")}
    text = tomli_w.dumps(plain)
    if quota:
        text += "quota = { " + ", ".join(f"{name} = {most}" for name, most in sorted(quota.items())) + " }\n"
    return f"[[capabilities.rules]]\n{text}"


class Rules:
    """The rules as a page: those of the world file in its order, then those of operators, oldest first."""

    def __init__(self, state: State, policy: Policy) -> None:
        self._state = state
        self._policy = policy

    def page(self) -> Page:
        """All rules: there are never many."""
        rows = tuple(self._row(_plain(rule), "", None) for rule in self._policy.rules)
        made = (row for _, row in sorted(self._state.policy_rules.rows.items()))
        rows += tuple(self._row(row.rule, line(row.made_by), row.made_at) for row in made)
        return Page(rows, 0, len(rows), len(rows))

    def _row(self, rule: dict[str, Any], made_by: str, made_at: int | None) -> RuleRow:
        written: dict[str, Any] = {
            key: duration_text(value) if key == "ttl" and value else value for key, value in rule.items()
        }
        if schedule := written.pop("schedule", None):
            written["schedule"] = {key: duration_text(at) for key, at in schedule.items() if at is not None}
        return RuleRow(
            rule["name"],
            rule["effect"],
            rule["verb"],
            rule["agent"],
            rule["resource"],
            made_by,
            made_at,
            line(rule["reason"]),
            to_toml({key: value for key, value in written.items() if value not in ("*", None) or key == "verb"}),
        )


def _plain(rule: Any) -> dict[str, Any]:
    """A rule of the world file as plain data."""
    found: dict[str, Any] = rule.model_dump()
    return found
