"""The verbs that can be asked for: what they allow and how risky they are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """A capability's verb: its sentence for people has `{agent}`, `{resource}` and `{uses}` to fill in."""

    name: str
    sentence: str
    risk: str
    cost: str


VERBS: dict[str, Verb] = {
    v.name: v
    for v in (
        Verb("message.broadcast", "send a message to every agent", "low", "disk of the sender, until read"),
        Verb("agent.spawn", "bring a new agent into the world", "medium", "what the sponsor gives it from its own"),
        Verb("principal.create", "create an account that can hold scrip", "medium", "nothing"),
    )
}
