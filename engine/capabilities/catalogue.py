"""The verbs that can be asked for: what they allow, how risky they are, and whether this version can enforce them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """A capability's verb: its sentence for people has `{agent}`, `{resource}` and `{uses}` to fill in."""

    name: str
    sentence: str
    risk: str
    cost: str
    enforced: bool


VERBS: dict[str, Verb] = {
    v.name: v
    for v in (
        Verb("message.broadcast", "send a message to every agent", "low", "disk of the sender, until read", True),
        Verb(
            "agent.spawn", "bring a new agent into the world", "medium", "what the sponsor gives it from its own", True
        ),
        Verb(
            "principal.create",
            "create an account that can hold scrip",
            "medium",
            "nothing",
            True,
        ),
    )
}
