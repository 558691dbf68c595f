"""The handbook: it says what is so, for every method there is, with its very arguments."""

import re

import orjson
import pytest

from engine.capabilities.catalogue import VERBS
from engine.genesis.base import Method
from engine.genesis.contracts import CONTRACTS
from engine.genesis.exchange import MAX_OPEN_ORDERS
from engine.genesis.handbook import PAGES
from engine.genesis.scorer import FULL_LENGTH, LENGTH, STRUCTURE, VARIETY
from engine.kernel.errors import Refusal
from engine.minds.action_input import action_from_json
from tests.engine.genesis.tiny import Tiny

ALL = "\n".join(text for _, text in PAGES.values())
SIGNATURE = re.compile(r"^(genesis_\w+)\.(\w+)\(([^)]*)\)$", re.MULTILINE)


def signature(artifact: str, method: Method) -> str:
    fields = method.args.model_fields.items()
    needed = [name for name, field in fields if field.is_required()]
    optional = [f"{name}?" for name, field in fields if not field.is_required()]
    return f"{artifact}.{method.name}({', '.join(needed + optional)})"


def test_every_method_stands_in_it_with_its_arguments(world: Tiny) -> None:
    lines = ALL.splitlines()
    missing = [
        signature(artifact.id, method)
        for artifact in world.registry.artifacts.values()
        for method in artifact.methods.values()
        if signature(artifact.id, method) not in lines
    ]
    assert missing == []


def test_no_method_stands_in_it_that_is_not_there(world: Tiny) -> None:
    for artifact, method, _ in SIGNATURE.findall(ALL):
        assert method in world.registry.artifacts[artifact].methods


def test_every_example_of_an_action_is_one() -> None:
    examples = re.findall(r'\{"action": .*\}(?=$|\.)', ALL, re.MULTILINE)
    assert len(examples) > 10
    for example in examples:
        action = action_from_json(orjson.loads(example))
        assert not isinstance(action, Refusal), action


def test_contracts_verbs_and_limits_are_the_ones_in_the_code() -> None:
    for name in (*CONTRACTS, *VERBS):
        assert name in ALL
    assert f"At most {MAX_OPEN_ORDERS} of your orders" in ALL
    assert f"length up to {LENGTH} ({FULL_LENGTH} bytes)" in ALL
    assert f"different words up to {VARIETY}, structure up to {STRUCTURE}" in ALL


def test_pages_are_read_by_name(world: Tiny) -> None:
    index = world.ok("alice", "genesis_handbook.index")["pages"]
    assert [line["page"] for line in index] == list(PAGES)
    page = world.ok("alice", "genesis_handbook.page", name="handbook_mint")
    assert (page["title"], page["text"]) == PAGES["handbook_mint"]
    assert world.refused("alice", "genesis_handbook.page", name="handbook") == "not_found"


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_page_is_short_and_fits_a_narrow_screen(page: str) -> None:
    title, text = PAGES[page]
    assert text.startswith(f"# {title}\n")
    assert len(text) < 3_000
    assert max(map(len, text.splitlines())) <= 120


def test_every_method_has_a_description_and_every_artifact_a_title(world: Tiny) -> None:
    for artifact in world.registry.artifacts.values():
        assert artifact.title
        for tool in artifact.interface()["tools"]:
            assert tool["description"].endswith(".")
            assert tool["inputSchema"]["additionalProperties"] is False
