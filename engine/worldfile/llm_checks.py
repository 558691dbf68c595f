"""What the schema of the mind `llm` cannot see: pages that have to exist, and what its templates are filled with."""

import re
from collections.abc import Iterator

from engine.genesis.handbook import PAGES
from engine.worldfile.problems import Finding, KeyPath, meant, shown
from engine.worldfile.schema import AgentSection

LLM_MIND = "llm"
PLACE = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")
"""Where a template takes a fact."""
GIVEN = ("agent",)
"""What templates know without being told."""
TOKENS = 1_500
"""What the prompt of a thought may be if nothing is said."""


def identity_room(tokens: int) -> int:
    """The bytes that an agent's own prompt may have where all that it is told is `tokens`: what tells it how to answer
    comes first, and a third is enough where there is more."""
    return min(tokens * 4 // 3, tokens * 64 * 4 // 100 - 1_500)


def llm_findings(agent: AgentSection, path: KeyPath) -> Iterator[Finding]:
    """Everything that is wrong with an agent whose mind is a language model; its parameters have the right types."""
    params = agent.params
    for place, page in enumerate(params.get("pages", ())):
        if page not in PAGES:
            remedy = meant(page, tuple(PAGES), "the pages are")
            yield Finding((*path, "pages", place), f"there is no page {shown(page)} in the handbook", remedy)
    tokens = params.get("tokens", TOKENS)
    if (size := len(agent.prompt.encode())) > (most := identity_room(tokens)):
        problem = f"has {size:,} bytes, and {most:,} fit where tokens = {tokens:,}"
        yield Finding((*path[:-1], "prompt"), problem, "shorten it, or raise tokens in params")
    args = params.get("args", {})
    templates: list[tuple[KeyPath, str]] = [
        ((*path[:-1], "prompt"), agent.prompt),
        ((*path, "rules"), params.get("rules", "")),
    ]
    for where, text in templates:
        for name in dict.fromkeys(PLACE.findall(text)):
            if name not in args and name not in GIVEN:
                remedy = f"give it a value: args = {{ {name} = … }} in params"
                yield Finding(where, f"has a place {{{name}}} and nothing to fill it with", remedy)
