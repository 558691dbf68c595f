"""What can be granted in a world, for whoever grants."""

from engine.capabilities.policy import Policy
from engine.view.types import Page, VerbRow


def verbs(policy: Policy) -> Page:
    """Everything that can be asked for or granted, with the world's usual terms, in order of name."""
    rows = tuple(
        VerbRow(
            verb.name,
            verb.sentence,
            verb.risk,
            verb.cost,
            verb.kind,
            verb.measures,
            verb.terms.uses,
            verb.terms.ttl,
            tuple(sorted(verb.terms.quota.items())),
        )
        for verb in sorted(policy.catalogue.verbs.values(), key=lambda verb: verb.name)
        if verb.available
    )
    return Page(rows, 0, len(rows), len(rows))
