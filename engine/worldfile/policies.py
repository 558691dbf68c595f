"""Policy files: the rules and limits of `[capabilities]` in a file of their own, for any world, live or headless."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from engine.capabilities.catalogue import Catalogue
from engine.capabilities.policy import unreachable
from engine.capabilities.resource import overlap
from engine.worldfile import sources, translate
from engine.worldfile.capability_checks import nobody, policy_findings, verbs_of
from engine.worldfile.document import Places, parse, refuse_any
from engine.worldfile.policy_schema import PolicySection
from engine.worldfile.problems import Finding, Problem, WorldFileError, shown
from engine.worldfile.schema import World

_START = "write at least one [[rules]] table with a name, an effect and a verb"
_WHOLE = ("gated", "dual", "approvers")


@dataclass(frozen=True, slots=True)
class LoadedPolicy:
    """A policy without problems, its text, and the name of its file for messages."""

    section: PolicySection
    text: str
    file: str


def load_policy(ref: str) -> LoadedPolicy:
    """Load a policy file by path; raises WorldFileError with every problem there is."""
    source = sources.read_file(ref, "policy")
    return policy_text(source.text, source.file)


def policy_text(text: str, file: str) -> LoadedPolicy:
    """Load a policy from the text of a policy file; `file` is its name in messages. Raises WorldFileError."""
    document = parse(text, file, _START)
    places = Places(file, text)
    section = _validated(document, places)
    refuse_any(places.problems(policy_findings(section)))
    return LoadedPolicy(section, text, file)


def _validated(document: dict[str, Any], places: Places) -> PolicySection:
    try:
        return PolicySection.model_validate(document)
    except ValidationError as error:
        findings = list(translate.findings(error, document, PolicySection, whole="a policy file"))
        raise WorldFileError(places.problems(findings)) from error


def merged(world: World, policy: LoadedPolicy) -> World:
    """The world with a policy file in it; raises WorldFileError if nobody could decide about something then.

    The file's rules stand before the world's and take the place of those of the same name, its ceilings hold beside
    the world's, and what it says of a verb takes the place of what the world says of it; `gated`, `dual` and
    `approvers` are the file's where it gives them.
    """
    ours, theirs = world.capabilities, policy.section
    named = {rule.name for rule in theirs.rules}
    update: dict[str, Any] = {
        "rules": (*theirs.rules, *(rule for rule in ours.rules if rule.name not in named)),
        "ceilings": (*ours.ceilings, *theirs.ceilings),
        "verbs": {**ours.verbs, **theirs.verbs},
    }
    update |= {name: getattr(theirs, name) for name in _WHOLE if name in theirs.model_fields_set}
    both = ours.model_copy(update=update)
    refuse_any(Places(policy.file, policy.text).problems(nobody(both)))
    return world.model_copy(update={"capabilities": both})


# -- what is no mistake, but perhaps not what is meant -------------------------------------------------------------


def warnings(policy: LoadedPolicy, world: World) -> list[Problem]:
    """Rules of the file that one of the world decides before, and patterns that match nothing in the world."""
    findings = [*_shadowed(policy, world), *_idle_verbs(policy.section, world), *_nobody_there(policy.section, world)]
    return Places(policy.file, policy.text).problems(findings)


def _shadowed(policy: LoadedPolicy, world: World) -> Iterator[Finding]:
    own = policy.section.rules
    whole = merged(world, policy).capabilities
    for found in unreachable(whole.rules, Catalogue.of(whole.verbs, ()).verbs):
        place = next((n for n, rule in enumerate(own) if rule is found.rule), None)
        if place is not None:
            problem = f"never decides: rule {shown(found.by.name)} ({found.by.effect}) of the world decides before it"
            yield Finding(("rules", place), problem, "remove it, or put a rule of that name into this file")


def _idle_verbs(section: PolicySection, world: World) -> Iterator[Finding]:
    """Rules and ceilings for verbs that nobody needs a grant for in the world, or that cannot be granted yet."""
    effective = section.gated if section.gated is not None else world.capabilities.gated
    catalogue = Catalogue.of({**world.capabilities.verbs, **section.verbs}, (), effective)
    named = [(("rules", place, "verb"), rule.verb) for place, rule in enumerate(section.rules)]
    named += [(("ceilings", place, "verbs"), ceiling.verbs) for place, ceiling in enumerate(section.ceilings)]
    for path, pattern in named:
        verbs = [verb.name for verb in verbs_of(pattern) if verb.available]
        if not verbs:
            yield Finding(path, f"{pattern} is not available in this version", "it will decide nothing yet")
        elif not any(catalogue.gated(verb) for verb in verbs):
            remedy = f"gate it in the world or in this file: [verbs.{shown(verbs[0])}] with gated = true"
            yield Finding(path, f"{pattern} needs no grant in {world.world.name}", remedy)


def _nobody_there(section: PolicySection, world: World) -> Iterator[Finding]:
    """Patterns for agents that match nobody who is there at the beginning."""
    # Members of a group are told apart by number only, so a group is looked at as one pattern.
    everybody = [agent.id if agent.count is None else f"{agent.id}_*" for agent in world.agents]
    named = [(("rules", place, "agent"), rule.agent) for place, rule in enumerate(section.rules)]
    named += [(("ceilings", place, "agents"), ceiling.agents) for place, ceiling in enumerate(section.ceilings)]
    for path, pattern in named:
        if not any(overlap(pattern, name) for name in everybody):
            problem = f"no agent of {world.world.name} is called {shown(pattern)} at the beginning"
            yield Finding(path, problem, "check the name; it may be meant for agents that are spawned later")
