"""The rules that answer requests, as they hold."""

from typing import Any

from engine.capabilities.policy import Policy
from engine.capabilities.rule_making import to_toml
from engine.kernel.durations import duration_text
from engine.kernel.state import State
from engine.view.types import Page, RuleRow
from engine.view.words import line


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
