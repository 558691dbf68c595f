"""`genesis_store`: finding artifacts, cheap before dear, and creating and deleting them as the caller.

Everything about an artifact but its content is public. Looking is bounded: a search or list goes through at most
`EXAMINED` artifacts (a search through `EXAMINED_BYTES` of content besides) and says where to go on.
"""

from typing import Annotated, Any

from pydantic import Field

from engine.genesis.base import Args, Genesis, method
from engine.genesis.contracts import FREEWARE
from engine.genesis.ledger import Id
from engine.kernel.access import Access
from engine.kernel.actions import Call, Delete, Write
from engine.kernel.entities import Artifact, Json
from engine.kernel.errors import Refusal
from engine.kernel.storage import MAX_CONTENT
from engine.kernel.transaction import Transaction

ID = "genesis_store"
EXAMINED = 1_000
EXAMINED_BYTES = 1_000_000

After = Annotated[str, Field(max_length=80, description="go on after this artifact: `next` of the page before")]
Limit = Annotated[int, Field(ge=1, le=100)]
Whole = Annotated[int, Field(ge=-(2**53), le=2**53)]
Text = Annotated[str, Field(max_length=2_000)]


class SearchArgs(Args):
    """Arguments of `search`."""

    text: Annotated[str, Field(min_length=1, max_length=200, description="words that all have to occur")]
    type: Id | None = None
    after: After = ""
    limit: Limit = 20


class ListArgs(Args):
    """Arguments of `list`."""

    type: Id | None = None
    controller: Id | None = None
    after: After = ""
    limit: Limit = 50


class GetMetadataArgs(Args):
    """Arguments of `get_metadata`."""

    artifact: Id


class GetInterfaceArgs(Args):
    """Arguments of `get_interface`."""

    artifact: Id


class CreateArgs(Args):
    """Arguments of `create`."""

    content: Annotated[str, Field(max_length=MAX_CONTENT)]
    type: Id = "data"
    access: Annotated[list[Id], Field(min_length=1, max_length=8, description="contracts that all have to agree")] = [
        FREEWARE
    ]
    title: Annotated[str, Field(max_length=200)] = ""
    description: Text = ""
    metadata: Annotated[dict[Id, Text | Whole | bool], Field(max_length=32)] = {}


class DeleteArgs(Args):
    """Arguments of `delete`."""

    artifact: Id


def _entry(row: Artifact) -> Json:
    """One line about an artifact, for lists."""
    return {
        "artifact": row.id,
        "type": row.type,
        "category": row.category,
        "title": _text(row, "title"),
        "controller": row.controller,
        "size": row.size,
        "version": row.version,
    }


def _text(row: Artifact, key: str) -> str:
    value: Any = row.metadata.get(key)
    return value[:200] if isinstance(value, str) else ""


def _page(found: list[Json], page: list[Artifact], examined: int) -> Json:
    """What was found, and after which artifact to go on; None if that was all."""
    whole = examined == len(page) < EXAMINED
    return {"artifacts": found, "next": None if whole else page[examined - 1].id}


async def _search(call: Call, args: SearchArgs) -> Json | Refusal:
    tx = call.tx
    words = args.text.casefold().split()
    found: list[Json] = []
    page = tx.page(tx.state.artifact_ids, args.after, EXAMINED)
    examined = seen = 0
    for row in page:
        if len(found) == args.limit or seen >= EXAMINED_BYTES:
            break
        examined += 1
        if args.type not in (None, row.type):
            continue
        text, size = _searched(tx, row)
        seen += size
        if not all(word in text for word in words):
            continue
        if await call.physics.access.refuse(tx, row, Access.READ, call.caller, call.depth) is None:
            found.append(_entry(row))
    return _page(found, page, examined)


def _searched(tx: Transaction, row: Artifact) -> tuple[str, int]:
    """The text of an artifact that a search looks at, and its length."""
    content = tx.get(tx.state.contents, row.id)
    body = content.text if content is not None else ""
    text = "\n".join((row.id, row.type, _text(row, "title"), _text(row, "description"), body))
    return text.casefold(), len(text)


async def _list(call: Call, args: ListArgs) -> Json | Refusal:
    found: list[Json] = []
    page = call.tx.page(call.tx.state.artifact_ids, args.after, EXAMINED)
    examined = 0
    for row in page:
        if len(found) == args.limit:
            break
        examined += 1
        if args.type in (None, row.type) and args.controller in (None, row.controller):
            found.append(_entry(row))
    return _page(found, page, examined)


async def _get_metadata(call: Call, args: GetMetadataArgs) -> Json | Refusal:
    row = call.tx.get(call.tx.state.artifacts, args.artifact)
    if row is None:
        return _missing(args.artifact)
    return {
        **_entry(row),
        "created_by": row.created_by,
        "access": list(row.access),
        "has_standing": row.has_standing,
        "can_execute": row.can_execute,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "metadata": row.metadata,
    }


async def _get_interface(call: Call, args: GetInterfaceArgs) -> Json | Refusal:
    row = call.tx.get(call.tx.state.artifacts, args.artifact)
    if row is None:
        return _missing(args.artifact)
    if row.interface is None:
        return Refusal("no_interface", f"{row.id} has no methods; it is {row.category}, read it instead")
    return {"artifact": row.id, "interface": row.interface}


def _missing(artifact: str) -> Refusal:
    return Refusal("not_found", f"there is no artifact {artifact!r}")


async def _create(call: Call, args: CreateArgs) -> Json | Refusal:
    metadata: Json = dict(args.metadata)
    metadata.update({k: v for k, v in (("title", args.title), ("description", args.description)) if v})
    write = Write(args.content, type=args.type, access=tuple(args.access), metadata=metadata)
    return await call.physics.perform(call.tx, call.caller, write, call.depth)


async def _delete(call: Call, args: DeleteArgs) -> Json | Refusal:
    return await call.physics.perform(call.tx, call.caller, Delete(args.artifact), call.depth)


def make() -> Genesis:
    """The genesis artifact."""
    return Genesis(
        ID,
        "Store",
        [
            method(
                "search", SearchArgs, "Artifacts you may read in which all the words occur, in order of id.", _search
            ),
            method("list", ListArgs, "Artifacts by type and controller, in order of id.", _list),
            method("get_metadata", GetMetadataArgs, "Everything about an artifact but its content.", _get_metadata),
            method("get_interface", GetInterfaceArgs, "The methods of an artifact with their schemas.", _get_interface),
            method("create", CreateArgs, "Create an artifact of yours; its bytes are held on your disk.", _create),
            method("delete", DeleteArgs, "Delete an artifact, if its contract lets you, and free its bytes.", _delete),
        ],
    )
