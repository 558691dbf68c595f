"""What the schema alone cannot see of a policy: verbs and measures that have to exist, names that have to differ."""

import unicodedata
from collections.abc import Iterable, Iterator

from engine.capabilities.catalogue import VERBS
from engine.capabilities.resource import covers
from engine.worldfile.problems import Finding, KeyPath, meant, shown
from engine.worldfile.schema import PolicySection, ScheduleSection

_JOINERS = "\u200c\u200d"
_UNFIT = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def policy_findings(section: PolicySection, prefix: KeyPath = ()) -> Iterator[Finding]:
    """Everything that is wrong with a policy whose types are right; `prefix` is where it stands in its file."""
    yield from _verbs(section, prefix)
    yield from _quotas(section, prefix)
    yield from _rules(section, prefix)


def unfit_lines(lines: Iterable[tuple[KeyPath, str]]) -> Iterator[Finding]:
    """Texts that stand on one line of a screen hold nothing that moves, hides or turns what is beside them."""
    for where, text in lines:
        bad = sorted({char for char in text if unicodedata.category(char) in _UNFIT and char not in _JOINERS})
        if bad:
            codes = ", ".join(f"U+{ord(char):04X}" for char in bad[:5])
            yield Finding(where, f"holds control or direction characters ({codes})", "remove them")


def verbs_of(pattern: str) -> list[str]:
    """The names of the verbs that a pattern is for."""
    return [name for name in VERBS if covers(pattern, name)]


def _verbs(section: PolicySection, prefix: KeyPath) -> Iterator[Finding]:
    exact = [((*prefix, "gated", place), verb) for place, verb in enumerate(section.gated or ())]
    exact += [((*prefix, "verbs", verb), verb) for verb in section.verbs]
    for where, verb in exact:
        if verb not in VERBS:
            yield Finding(where, f"there is no capability {shown(verb)}", meant(verb, tuple(VERBS), "there are"))
    patterns = [((*prefix, "rules", place, "verb"), rule.verb) for place, rule in enumerate(section.rules)]
    patterns += [((*prefix, "ceilings", place, "verbs"), row.verbs) for place, row in enumerate(section.ceilings)]
    patterns += [((*prefix, "approvers", place, "verbs"), row.verbs) for place, row in enumerate(section.approvers)]
    for where, pattern in patterns:
        if not verbs_of(pattern):
            remedy = meant(pattern, tuple(VERBS), "capabilities are")
            yield Finding(where, f"no capability is called {shown(pattern)}", remedy)


def _quotas(section: PolicySection, prefix: KeyPath) -> Iterator[Finding]:
    """A quota that no verb is measured in would limit nothing: whoever wrote it believes that it does."""
    quotas = [((*prefix, "rules", place, "quota"), rule.verb, rule.quota) for place, rule in enumerate(section.rules)]
    quotas += [
        ((*prefix, "ceilings", place, "quota"), row.verbs, row.quota) for place, row in enumerate(section.ceilings)
    ]
    for verb, said in section.verbs.items():
        quotas += [((*prefix, "verbs", verb, key), verb, getattr(said, key)) for key in ("quota", "max_quota")]
    for where, pattern, quota in quotas:
        measures = sorted({measure for verb in verbs_of(pattern) for measure in VERBS[verb].measures})
        for name in quota:
            if verbs_of(pattern) and name not in measures:
                problem = f"{pattern} is not measured in {shown(name)}"
                yield Finding((*where, name), problem, meant(name, measures, "it is measured in"))


def _rules(section: PolicySection, prefix: KeyPath) -> Iterator[Finding]:
    seen: set[str] = set()
    lines: list[tuple[KeyPath, str]] = []
    for place, rule in enumerate(section.rules):
        path: KeyPath = (*prefix, "rules", place)
        lines += [((*path, "name"), rule.name), ((*path, "agent"), rule.agent), ((*path, "reason"), rule.reason)]
        if rule.name in seen:
            problem = f"there is a rule {shown(rule.name)} already"
            yield Finding((*path, "name"), problem, "give each rule a name of its own; the log calls it by that")
        seen.add(rule.name)
        if rule.schedule is not None:
            yield from _schedule(rule.schedule, (*path, "schedule"))
    yield from unfit_lines(lines)


def _schedule(schedule: ScheduleSection, path: KeyPath) -> Iterator[Finding]:
    if schedule.before is not None and schedule.before <= schedule.after:
        yield Finding((*path, "before"), "is not later than `after`, so the rule never holds", "make it later")
    if (schedule.every is None) != (schedule.lasts is None):
        given, other = ("every", "lasts") if schedule.lasts is None else ("lasts", "every")
        yield Finding((*path, given), f"means nothing without `{other}`", f"add `{other}`, or remove it")
    elif schedule.every is not None and schedule.lasts is not None and schedule.lasts > schedule.every:
        yield Finding((*path, "lasts"), "is longer than `every`", "make it shorter, or leave both out")
