"""Making rules while a run goes on: checked as those of a world file are, and refused if they could never decide."""

from pydantic import ValidationError

from engine.capabilities.policy import Policy, unreachable, verbs_of
from engine.capabilities.resource import covers
from engine.capabilities.rules import from_json, operators_rules
from engine.kernel.entities import Json, PolicyRule
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction
from engine.worldfile.policy_schema import RuleSection

MOST = 100
"""Rules that operators may have made in a run at one time."""


def make(tx: Transaction, policy: Policy, given: Json, by: str) -> PolicyRule | Refusal:
    """Let a rule answer from now on; refused if it does not hold together or another one always decides before it."""
    try:
        section = RuleSection.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "rule"
        return Refusal("bad_rule", f"rule: {place}: {first['msg']}")
    verbs = policy.catalogue.verbs
    if not any(covers(section.verb, name) for name in verbs):
        known = ", ".join(verbs)
        return Refusal("bad_rule", f"rule: verb: no capability is called {section.verb!r}; there are: {known}")
    if not policy.may_decide_all(by, section.verb, section.risk):
        return Refusal("not_yours", f"{by} may not decide about everything that this rule would answer")
    made = tx.all(tx.state.policy_rules)
    if section.name in {rule.name for rule in policy.rules} | {row.name for row in made}:
        return Refusal("name_taken", f"there is a rule {section.name!r} already; take another name")
    if len(made) >= MOST:
        return Refusal("too_many_rules", f"a run holds {MOST} rules of operators at most; drop one first")
    rule = from_json(section.model_dump())
    meant = verbs_of(rule, verbs)
    if rule.effect == "allow" and meant and all(verb.risk in policy.dual for verb in meant):
        return Refusal("second_person", f"{meant[0].risk} risk takes two people here, and no rule stands for them")
    rules = [*policy.rules, *operators_rules(tx), rule]
    shadowed = next((s for s in unreachable(rules, verbs) if s.rule is rule), None)
    if shadowed is not None:
        by_rule = shadowed.by
        return Refusal("unreachable", f"rule {by_rule.name!r} ({by_rule.effect}) decides before it in every case")
    row = PolicyRule(tx.next_id("policy_rule"), section.name, section.model_dump(), by, tx.at)
    tx.put(tx.state.policy_rules, row)
    return row


def drop(tx: Transaction, policy: Policy, name: str, by: str) -> PolicyRule | Refusal:
    """Take back a rule that an operator has made; those of the world file stay."""
    found = next((row for row in tx.all(tx.state.policy_rules) if row.name == name), None)
    if found is None:
        return Refusal("not_found", f"no operator has made a rule {name[:60]!r} in this run")
    rule = from_json(found.rule)
    if not policy.may_decide_all(by, rule.verb, rule.risk):
        return Refusal("not_yours", f"{by} may not decide about everything that this rule answers")
    tx.delete(tx.state.policy_rules, found.id)
    return found
