"""What is told to a language model, in sections; the same for the same world, and never more than it may be."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from engine.kernel.entities import Json

BYTES_PER_TOKEN = 4
HEAD = "## "


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a prompt under a heading."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is told: `prefix` is the same at each thought, `told` is of now, `schema` is that of its answer.

    `seen` is what the next thought finds changes against.
    """

    prefix: tuple[Section, ...]
    told: tuple[Section, ...]
    schema: Json
    seen: Json

    @property
    def system(self) -> str:
        """The prefix as one text."""
        return joined(self.prefix)

    @property
    def user(self) -> str:
        """What is of now as one text."""
        return joined(self.told)

    @property
    def tokens(self) -> int:
        """About how many tokens it is, with the schema: four bytes are one."""
        size = len(self.system.encode()) + len(self.user.encode()) + len(orjson.dumps(self.schema))
        return -(-size // BYTES_PER_TOKEN)


def joined(sections: Sequence[Section]) -> str:
    """Sections as one text."""
    return "\n\n".join(f"{HEAD}{section.name}\n{section.text}" for section in sections)


@dataclass(frozen=True, slots=True)
class Draft:
    """A section before it is fitted in: `blocks` are kept or left out whole, those of the greatest weight first.

    At first it has `share` hundredths of the room, then what others leave, in order of `rank`; `left` tells what was
    left out ("older messages left out"). Blocks stand in their own order, whatever is left out.
    """

    name: str
    blocks: tuple[str, ...]
    share: int
    rank: int
    left: str = ""
    newest: bool = False  # the last blocks weigh most


def fitted(drafts: Sequence[Draft], room: int) -> tuple[Section, ...]:
    """The sections that fit into `room` bytes, as a text that `joined` makes; empty ones are left out."""
    kept = {draft.name: 0 for draft in drafts}
    size = 0
    for whole in (False, True):
        for draft in sorted(drafts, key=lambda one: one.rank):
            own = room * draft.share // 100
            while kept[draft.name] < len(draft.blocks):
                more = _size(draft, kept[draft.name] + 1)
                grown = size - _size(draft, kept[draft.name]) + more
                if grown > room or (not whole and more > own):
                    break
                kept[draft.name] += 1
                size = grown
    return tuple(Section(draft.name, _text(draft, kept[draft.name])) for draft in drafts if kept[draft.name])


def _text(draft: Draft, count: int) -> str:
    blocks, out = draft.blocks, len(draft.blocks) - count
    chosen = blocks[out:] if draft.newest else blocks[:count]
    if not out or not draft.left:
        return "\n".join(chosen)
    note = f"({out} {draft.left})"
    return "\n".join((note, *chosen) if draft.newest else (*chosen, note))


def _size(draft: Draft, count: int) -> int:
    """The bytes that a section takes in the whole with so many blocks."""
    return len(f"{HEAD}{draft.name}\n{_text(draft, count)}\n\n".encode()) if count else 0
