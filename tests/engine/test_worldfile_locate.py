"""Every key of a TOML text is found on the line on which it stands."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from engine.worldfile.locate import MAX_DEPTH, Lines, too_deep
from engine.worldfile.problems import KeyPath

KEYS = st.text(max_size=6) | st.sampled_from(["a", "b", "a.b", "[x]", '"', "'", "#", "=", "{", "1"])
TREES = st.recursive(
    st.just(None),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=20,
)


def _marked(tree: Any, count: Iterator[int]) -> Any:
    """The tree with a text of its own at each leaf, of the kind that misleads scanners."""
    if isinstance(tree, dict):
        return {key: _marked(item, count) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_marked(item, count) for item in tree]
    return f"<leaf {next(count)}> [a] = {{ # ' , }}"


def _leaves(tree: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, item in items:
        yield from _leaves(item, (*path, key))
    if isinstance(tree, str):
        yield path, tree


@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_each_leaf_of_a_generated_document_is_on_the_line_that_holds_its_text(tree: dict[str, Any]) -> None:
    text = tomli_w.dumps(_marked(tree, iter(range(1_000))))
    lines, rows = Lines(text), text.split("\n")
    for path, leaf in _leaves(tomllib.loads(text)):
        assert leaf.split("[")[0] in rows[lines.line(path) - 1]


TEXT = """\
# a comment with = and [brackets]
format = 1
"quoted key" = 2
'it''s' = 3
[world]
name = "a # no comment"  # but this = is
description = \"\"\"
[not.a.table]
key = "no key" \\
\"\"\"\"\"
seed = 5
[[agents]]
id = "a"
params.amount = 1
params.deep.er = 2
[agents.assets]
disk = 3
[[ agents ]]
id = "b"
params = { to = "x", list = [1, { a = 2 }], when = 1979-05-27 07:32:00 }
access = [
  "one",  # first

  'two',
  [ 1,
    2 ],
]
[[agents.jobs]]
k = 1
[[agents.jobs]]
k = 2
[x."y.z".w]
last = '''
]]'''
end = true
""".replace("'it''s'", '"it\'s"')


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("format",), 2),
        (("quoted key",), 3),
        (("it's",), 4),
        (("world",), 5),
        (("world", "name"), 6),
        (("world", "description"), 7),
        (("world", "seed"), 11),
        (("agents",), 12),
        (("agents", 0), 12),
        (("agents", 0, "params", "amount"), 14),
        (("agents", 0, "params"), 14),
        (("agents", 0, "params", "deep", "er"), 15),
        (("agents", 0, "assets", "disk"), 17),
        (("agents", 1), 18),
        (("agents", 1, "params", "list", 1, "a"), 20),
        (("agents", 1, "access"), 21),
        (("agents", 1, "access", 0), 22),
        (("agents", 1, "access", 1), 24),
        (("agents", 1, "access", 2, 1), 26),
        (("agents", 1, "jobs", 0, "k"), 29),
        (("agents", 1, "jobs", 1, "k"), 31),
        (("x", "y.z", "w", "last"), 33),
        (("x", "y.z", "w", "end"), 35),
    ],
)
def test_the_forms_people_write_are_found(path: KeyPath, line: int) -> None:
    tomllib.loads(TEXT)
    assert Lines(TEXT).line(path) == line


def test_what_is_not_in_the_text_is_on_the_line_of_what_encloses_it() -> None:
    lines = Lines(TEXT)
    assert lines.line(("agents", 1, "scrip")) == 18
    assert lines.line(("mint", "every")) == 1
    assert lines.line(()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "\n\na = " + "[" * (MAX_DEPTH + 1),
        "\n\na = " + "{a = " * (MAX_DEPTH + 1),
        "\n\n" + "a." * MAX_DEPTH + "a = 1",
        "\n\n" + '"a" . ' * MAX_DEPTH + "a = 1",
        "\n\n" + "[" * 1_000_000,
    ],
)
def test_nesting_without_end_is_seen_before_anything_recurses(text: str) -> None:
    assert too_deep(text) == 3


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * MAX_DEPTH + "]" * MAX_DEPTH,
        f"a = '{'[' * 100}' # {'[' * 100}",
        f"a = [{'1.5, ' * 100}]",
        "a = 1.5\n" * 100,
        "[[agents]]\n" * 100,
    ],
)
def test_what_is_long_but_flat_is_not_deep(text: str) -> None:
    assert too_deep(text) is None


@pytest.mark.parametrize("piece", ['"""', "'''", '"', "a", '"a', "\\", '""""', "['", '\\"', "'\n"])
def test_broken_text_is_read_once_not_again_and_again(piece: str) -> None:
    """A scanner that goes back over what it has read would need hours for these."""
    assert too_deep(piece * 100_000) is None or piece == "['"
