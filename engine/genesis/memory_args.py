"""The arguments of the methods of `genesis_memory`."""

from typing import Annotated, Literal

from pydantic import Field

from engine.genesis.base import Args
from engine.genesis.contracts import PRIVATE
from engine.genesis.ledger import Id
from engine.genesis.memories import MAX_TEXT

MOST_SHOWN = 50
"""Entries that are shown at once."""

Tag = Annotated[str, Field(min_length=1, max_length=60)]
Tags = Annotated[list[Tag], Field(max_length=16)]
Key = Annotated[str, Field(max_length=200)]
Number = Annotated[int, Field(ge=1, le=2**62)]
Limit = Annotated[int, Field(ge=1, le=MOST_SHOWN)]
Which = Annotated[Id | None, Field(description="a memory that is not your own; its contract decides")]


class StoreArgs(Args):
    """Arguments of `store`."""

    text: Annotated[str, Field(max_length=MAX_TEXT)]
    tags: Tags = []
    key: Annotated[Key, Field(description="an entry that is there under it is replaced")] = ""
    memory: Which = None


class RecallArgs(Args):
    """Arguments of `recall`."""

    query: Annotated[str, Field(max_length=1_000, description="words, any of which occur; left out: the newest")] = ""
    by: Literal["words", "meaning"] = "words"
    tags: Annotated[Tags, Field(description="all of which an entry has to have")] = []
    limit: Limit = 10
    memory: Which = None


class EntryArgs(Args):
    """Arguments of `get`: one of number and key."""

    entry: Number | None = None
    key: Key | None = None
    memory: Which = None


class ForgetArgs(Args):
    """Arguments of `forget`: one of them."""

    entry: Number | None = None
    key: Key | None = None
    tag: Tag | None = None
    older_than: Annotated[int | None, Field(ge=0, le=2**62, description="µs since an entry was stored")] = None
    memory: Which = None


class WhichArgs(Args):
    """Arguments of what concerns a memory as a whole."""

    memory: Which = None


class ListArgs(Args):
    """Arguments of `list`."""

    tags: Tags = []
    after: Annotated[int, Field(ge=0, le=2**62, description="go on after this entry: `next` of the page before")] = 0
    limit: Limit = 20
    memory: Which = None


class ExportArgs(Args):
    """Arguments of `export`."""

    access: Annotated[list[Id], Field(min_length=1, max_length=8)] = [PRIVATE]
    memory: Which = None


class UseArgs(Args):
    """Arguments of `use`."""

    memory: Id
