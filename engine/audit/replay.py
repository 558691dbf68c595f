"""What a policy says, or would have said, to each request in a run's log, at the world time when it was asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.audit.audit import TYPES, Reader
from engine.audit.log import Told, told
from engine.audit.stories import RequestStory
from engine.capabilities.policy import Asked, Policy, Rule, Traced
from engine.capabilities.rules import from_json
from engine.capabilities.terms import Terms, differences, wider
from engine.genesis.catalogue import policy_of
from engine.kernel.entities import Json
from engine.store.history import History
from engine.worldfile import LoadedPolicy, parse_world
from engine.worldfile.policies import merged

_UNDECIDED = ("pending", "expired", "withdrawn")
_SETTINGS = ("world.begun", "operator.approvals", "operator.make_rule", "operator.drop_rule")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy says to a request: `outcome` is approved, denied, asked (a person is) or refused (no request)."""

    outcome: str
    by: str
    reason: str
    narrowed: Json


@dataclass(frozen=True, slots=True)
class Replayed:
    """One request: what was decided, what the policy says, and each rule with why it does not match."""

    request: RequestStory
    mode: str
    verdict: Verdict
    trace: tuple[Traced, ...]

    @property
    def differs(self) -> bool:
        """Whether the run decided otherwise; what a person decided, or could have, agrees with asking one."""
        request, said = self.request, self.verdict
        if said.outcome == "asked":
            return not (request.decided_by.startswith("operator:") or request.state in _UNDECIDED)
        return (request.state, request.decided_by, request.narrowed) != (said.outcome, said.by, said.narrowed)


@dataclass(frozen=True, slots=True)
class _Setting:
    """How a request was answered when it was asked: the mode, and the rules that operators had made by then."""

    mode: str
    rules: tuple[Rule, ...]


def replay(path: Path, policy: LoadedPolicy | None = None) -> Iterator[Replayed]:
    """Every request of a run in order, with what the run's policy, or that of a file merged into it, says to it."""
    reader = Reader()
    settings: dict[int, _Setting] = {}
    with History(path) as history:
        world = parse_world(history.meta().world_toml)
        mode, rules = "policy", dict[int, Rule]()
        for commit in told(history, *TYPES, *_SETTINGS):
            mode = _mode(commit) or mode
            _follow(commit, rules)
            reader.take(commit)
            for event in commit.events:
                if event["type"] == "request.asked":
                    settings[event["data"]["request"]] = _Setting(mode, tuple(rules.values()))
    judge = policy_of(world if policy is None else merged(world, policy))
    for number, request in reader.found.requests.items():
        yield _judged(judge, request, settings[number])


def _mode(commit: Told) -> str:
    row = commit.row("switches", "world")
    return str(row["approvals"]) if row is not None else ""


def _follow(commit: Told, rules: dict[int, Rule]) -> None:
    for change in commit.changes:
        if change[0] == "policy_rules":
            if len(change) == 2:
                rules[change[1]["id"]] = from_json(change[1]["rule"])
            else:
                rules.pop(change[1], None)


def _judged(policy: Policy, request: RequestStory, setting: _Setting) -> Replayed:
    verb = policy.catalogue.verbs[request.verb]
    terms = Terms(request.resource, request.uses, request.ttl, request.quota, request.depth)
    asked = Asked(request.requester, verb, terms, request.asked_at)
    # A rule that an operator made and then wrote into the file is the same rule.
    named = {rule.name for rule in policy.rules}
    made = [rule for rule in setting.rules if rule.name not in named]
    trace = tuple(policy.trace(asked, made))
    return Replayed(request, setting.mode, _verdict(policy, asked, setting.mode, made), trace)


def _verdict(policy: Policy, asked: Asked, mode: str, made: list[Rule]) -> Verdict:
    bound = policy.catalogue.bind(asked.agent, asked.verb, asked.terms)
    over = "none of it" if bound is None else wider(asked.terms, bound)
    if over is not None:
        return Verdict("refused", "the ceiling", over, {})
    answer = policy.answer(asked, mode, made)
    if answer is None:
        rule = policy.rule_for(asked, made)
        by = f"rule {rule.name}" if rule is not None else "no rule"
        two = asked.verb.risk in policy.dual
        return Verdict("asked", by, f"{asked.verb.risk} risk takes two people" if two else "", {})
    if not answer.allow:
        return Verdict("denied", answer.by, answer.reason, {})
    given = answer.bounds.bind(asked.terms) or asked.terms
    return Verdict("approved", answer.by, answer.reason, differences(asked.terms, given))
