"""`genesis_handbook`: what agents need to know, as pages that are artifacts of their own too.

The texts are in `handbook_world`, `handbook_escrow`, `handbook_exchange` and `handbook_code`.
"""

from typing import Annotated

from pydantic import Field

from engine.genesis.base import Args, Genesis, NoArgs, method
from engine.genesis.handbook_code import CODE
from engine.genesis.handbook_escrow import ESCROW
from engine.genesis.handbook_exchange import EXCHANGE
from engine.genesis.handbook_world import WORLD
from engine.kernel.actions import Call
from engine.kernel.entities import Json
from engine.kernel.errors import Refusal

ID = "genesis_handbook"

PAGES = {**WORLD, **ESCROW, **EXCHANGE, **CODE}
"""Pages by the id of their artifact: title and text."""


class PageArgs(Args):
    """Arguments of `page`."""

    name: Annotated[str, Field(min_length=1, max_length=80)]


async def _page(call: Call, args: PageArgs) -> Json | Refusal:
    found = PAGES.get(args.name)
    if found is None:
        return Refusal("not_found", f"there is no page {args.name!r}; there are: {', '.join(PAGES)}")
    return {"page": args.name, "title": found[0], "text": found[1]}


async def _index(call: Call, args: NoArgs) -> Json | Refusal:
    return {"pages": [{"page": name, "title": title} for name, (title, _) in PAGES.items()]}


def make() -> Genesis:
    """The genesis artifact."""
    return Genesis(
        ID,
        "Handbook",
        [
            method("index", NoArgs, "The pages there are.", _index),
            method("page", PageArgs, "A page of the handbook.", _page),
        ],
    )
