"""The handbook: it says what is so, for every method there is, with its very arguments."""

import re
import textwrap
from collections.abc import Iterator

import orjson
import pytest

from engine.capabilities.catalogue import VERBS
from engine.code.interface import MAX_SCHEMA, MAX_TOOLS, Interface, parse
from engine.code.programs import MOST_BYTES, MOST_REPLIES
from engine.code.tools import definition
from engine.genesis.base import Method
from engine.genesis.contracts import CONTRACTS
from engine.genesis.exchange import MAX_OPEN_ORDERS
from engine.genesis.handbook import PAGES
from engine.genesis.scorer import FULL_LENGTH, LENGTH, STRUCTURE, VARIETY
from engine.kernel.access import MAX_DEPTH
from engine.kernel.actions import MAX_CALL_DEPTH
from engine.kernel.errors import Refusal
from engine.minds.action_input import action_from_json
from engine.sandbox.client import define
from engine.sandbox.types import HOST_FUNCTIONS, MAX_SOURCE, Kind, Limits, Returned
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


def examples(text: str) -> Iterator[str]:
    """What stands indented on a page, block by block."""
    for block in re.findall(r"(?:^    .+\n)+", text, re.MULTILINE):
        yield textwrap.dedent(block)


def test_every_json_in_the_pages_about_code_is_what_it_is_said_to_be() -> None:
    blocks = [block for page in ("contracts", "code", "tools", "programs") for block in examples(text_of(page))]
    # A block is one object over several lines, or several actions, each on a line.
    told = [part for block in blocks for part in ([block] if block.count('{"action') < 2 else block.splitlines())]
    found = [orjson.loads(part) for part in told if part.startswith("{")]
    actions = [data for data in found if "action" in data]
    tools = [data for data in found if "name" in data]
    contracts = [data for data in found if "contract" in data]
    assert (len(actions), len(tools), len(contracts)) == (4, 1, 1)
    assert not [data for data in actions if isinstance(action_from_json(data), Refusal)]
    assert isinstance(parse({"tools": tools, **contracts[0]}), Interface)


def test_code_in_the_pages_holds() -> None:
    code = [block for page in ("contracts", "tools") for block in examples(text_of(page)) if block.startswith("def ")]
    assert len(code) == 2
    assert all(isinstance(outcome, Returned) for outcome in define([definition(text) for text in code], Limits()))


def test_the_language_has_the_modules_that_are_named_and_lacks_what_is_said() -> None:
    (modules,) = re.findall(r"import of (.*?)\. Random", text_of("code"), re.DOTALL)
    has = [f"import {module.strip()}" for module in modules.split(",")]
    lacks = [
        "class A(list): pass",
        "def f(): yield 1",
        "a = {}\ndel a[0]",
        "class A:\n  @property\n  def a(self): pass",
    ]
    lacks += ["class A:\n  @staticmethod\n  def a(): pass", "import socket", "open('/etc/passwd')", "now()"]
    outcomes = define([definition(text) for text in (*has, *lacks)], Limits())
    assert [isinstance(outcome, Returned) for outcome in outcomes] == [True] * len(has) + [False] * len(lacks)


def test_the_functions_and_limits_of_code_are_the_ones_there_are() -> None:
    code, usual = text_of("code"), Limits()
    for kind, page in ((Kind.CONTRACT, code), (Kind.TOOL, code), (Kind.PROGRAM, code + text_of("programs"))):
        for name in HOST_FUNCTIONS[kind]:
            assert f" {name}(" in page
    assert (
        f"run {usual.time // 1_000} ms, take {usual.memory // 1_000_000} MB, nest {usual.depth} functions, "
        f"call the world {usual.host_calls} times and return {usual.output // 1_024} KiB" in code
    )
    assert f"{MAX_SOURCE:,} characters at most, a contract may ask contracts {MAX_DEPTH} deep" in code
    assert f"{MAX_SCHEMA:,} bytes and {MAX_TOOLS} methods at most" in text_of("tools")
    assert f"Calls can be {MAX_CALL_DEPTH} deep" in text_of("tools")
    assert f"{MOST_REPLIES:,} replies or {MOST_BYTES // 1_000_000} MB" in text_of("programs")


def text_of(page: str) -> str:
    return PAGES[f"handbook_{page}"][1]


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
