"""What is wrong with the capabilities of a world: names that do not exist, rules that never decide, nobody to ask."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from engine.capabilities.catalogue import RISKS, VERBS, Catalogue, Verb
from engine.capabilities.policy import Shadowed, contradictions, unreachable
from engine.capabilities.resource import covers
from engine.worldfile.policy_schema import (
    ApproverSection,
    CapabilitySection,
    PolicySection,
    RuleSection,
    ScheduleSection,
)
from engine.worldfile.problems import Finding, KeyPath, meant, shown

_JOINERS = "\u200c\u200d"
_UNFIT = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def capability_findings(section: CapabilitySection) -> tuple[Finding, ...]:
    """Everything in a world file that the types of the section cannot see."""
    here = ("capabilities",)
    return (*policy_findings(section, here), *nobody(section, here))


def policy_findings(section: PolicySection, here: KeyPath = ()) -> tuple[Finding, ...]:
    """Everything that is wrong with rules and limits by themselves; `here` is where they stand in their file."""
    return (
        *_names(section, here),
        *_quotas(section, here),
        *_rules(section, here),
        *_shadowed(section, here),
        *_texts(section, here),
    )


def unfit_lines(lines: Iterable[tuple[KeyPath, str]]) -> Iterator[Finding]:
    """Texts that stand on one line of a screen hold nothing that moves, hides or turns what is beside them."""
    for where, text in lines:
        bad = sorted({char for char in text if unicodedata.category(char) in _UNFIT and char not in _JOINERS})
        if bad:
            codes = ", ".join(f"U+{ord(char):04X}" for char in bad[:5])
            yield Finding(where, f"holds control or direction characters ({codes})", "remove them")


def verbs_of(pattern: str) -> list[Verb]:
    """The verbs that a pattern is for."""
    return [verb for verb in VERBS.values() if covers(pattern, verb.name)]


def _names(section: PolicySection, here: KeyPath) -> Iterator[Finding]:
    exact = [((*here, "gated", place), name) for place, name in enumerate(section.gated or ())]
    exact += [((*here, "verbs", name), name) for name in section.verbs]
    for path, name in exact:
        if name not in VERBS:
            yield Finding(path, f"there is no capability {shown(name)}", meant(name, tuple(VERBS), "there are"))
    patterns = [((*here, "ceilings", place, "verbs"), row.verbs) for place, row in enumerate(section.ceilings)]
    patterns += [((*here, "approvers", place, "verbs"), row.verbs) for place, row in enumerate(section.approvers)]
    patterns += [((*here, "rules", place, "verb"), rule.verb) for place, rule in enumerate(section.rules)]
    for path, pattern in patterns:
        if not verbs_of(pattern):
            remedy = meant(pattern, tuple(VERBS), "capabilities are")
            yield Finding(path, f"no capability is called {shown(pattern)}", remedy)


def _quotas(section: PolicySection, here: KeyPath) -> Iterator[Finding]:
    """Quotas for what none of the verbs that they are for is measured in: they would limit nothing."""
    quotas: list[tuple[KeyPath, str, Mapping[str, int]]] = []
    for name, said in section.verbs.items():
        quotas += [((*here, "verbs", name, "quota"), name, said.quota)]
        quotas += [((*here, "verbs", name, "max_quota"), name, said.max_quota)]
    quotas += [((*here, "ceilings", n, "quota"), row.verbs, row.quota) for n, row in enumerate(section.ceilings)]
    quotas += [((*here, "rules", n, "quota"), rule.verb, rule.quota) for n, rule in enumerate(section.rules)]
    for path, pattern, quota in quotas:
        measures = sorted({measure for verb in verbs_of(pattern) for measure in verb.measures})
        for measure in quota if verbs_of(pattern) else ():
            if measure not in measures:
                remedy = f"it is measured in: {', '.join(measures)}" if measures else "it is not measured; remove it"
                yield Finding((*path, measure), f"{shown(pattern)} is not measured in {shown(measure)}", remedy)


def _rules(section: PolicySection, here: KeyPath) -> Iterator[Finding]:
    seen: set[str] = set()
    for place, rule in enumerate(section.rules):
        path: KeyPath = (*here, "rules", place)
        if rule.name in seen:
            yield Finding((*path, "name"), f"{shown(rule.name)} is the name of a rule already", "give each its own")
        seen.add(rule.name)
        yield from _narrowing(rule, path)
        if rule.schedule is not None:
            yield from _schedule(rule.schedule, (*path, "schedule"))


def _narrowing(rule: RuleSection, path: KeyPath) -> Iterator[Finding]:
    if rule.narrow is not None and not covers(rule.resource, rule.narrow):
        problem = f"{shown(rule.narrow)} does not lie within the rule's resource {shown(rule.resource)}"
        yield Finding((*path, "narrow"), problem, "narrow to a part of the resource")
    if rule.effect == "allow":
        return
    for key in ("narrow", "uses", "ttl", "quota", "depth"):
        if getattr(rule, key) not in (None, {}):
            yield Finding((*path, key), f"does nothing in a rule that says {rule.effect}", "only `allow` can narrow")


def _schedule(schedule: ScheduleSection, path: KeyPath) -> Iterator[Finding]:
    if (schedule.every is None) != (schedule.lasts is None):
        given, missing = ("every", "lasts") if schedule.lasts is None else ("lasts", "every")
        yield Finding((*path, given), f"says nothing without `{missing}`", f"give `{missing}` as well")
    elif schedule.every is not None and schedule.lasts is not None and schedule.lasts > schedule.every:
        yield Finding((*path, "lasts"), "is longer than `every`", "give a shorter one, or leave both out")
    if schedule.before is not None and schedule.before <= schedule.after:
        yield Finding((*path, "before"), "is not later than `after`, so the rule never holds", "give a later time")


def _shadowed(section: PolicySection, here: KeyPath) -> Iterator[Finding]:
    verbs = Catalogue.of(section.verbs, ()).verbs
    opposed = contradictions(section.rules, verbs)
    for found in unreachable(section.rules, verbs):
        place = next(n for n, rule in enumerate(section.rules) if rule is found.rule)
        yield _never_decides(found, found in opposed, (*here, "rules", place))


def _never_decides(found: Shadowed, opposed: bool, path: KeyPath) -> Finding:
    name, other = shown(found.rule.name), shown(found.by.name)
    if opposed:
        effects = f"{found.rule.effect} and {found.by.effect}"
        problem = f"rule {name} contradicts rule {other}: the same requests, {effects}"
        return Finding(path, problem, f"keep one; as it is, {other} always decides")
    return Finding(
        path, f"rule {name} never decides, because rule {other} does before it", "remove it or narrow the other"
    )


def _texts(section: PolicySection, here: KeyPath) -> Iterator[Finding]:
    lines: list[tuple[KeyPath, str]] = []
    for place, rule in enumerate(section.rules):
        path: KeyPath = (*here, "rules", place)
        lines += [((*path, "name"), rule.name), ((*path, "agent"), rule.agent), ((*path, "reason"), rule.reason)]
    return unfit_lines(lines)


def nobody(section: PolicySection, here: KeyPath = ()) -> Iterator[Finding]:
    """Verbs that wait for a person although nobody, or not two people, may decide about them."""
    if not section.approvers:
        return
    verbs = Catalogue.of(section.verbs, (), section.gated).verbs.values()
    lonely: dict[str, list[str]] = {}
    for verb in (verb for verb in verbs if verb.gated and verb.available):
        users = {row.user for row in section.approvers if _may(row, verb)}
        if not users:
            yield Finding(
                (*here, "approvers"), f"nobody may decide about {verb.name}", f"name one for {verb.risk} risk"
            )
        elif verb.risk in section.dual and len(users) == 1 and not any("*" in user for user in users):
            lonely.setdefault(verb.risk, []).append(verb.name)
    for risk, names in lonely.items():
        problem = f"{', '.join(names)} takes two people, and one alone may decide about it"
        yield Finding((*here, "dual"), problem, f"name another approver for {risk} risk")


def _may(approver: ApproverSection, verb: Verb) -> bool:
    return covers(approver.verbs, verb.name) and RISKS.index(verb.risk) <= RISKS.index(approver.risk)
