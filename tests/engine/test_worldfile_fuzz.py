"""Whatever a file or an option says, there is a world or a list of problems that can be printed: nothing else."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.worldfile import WorldFileError, load_text, parse_world
from engine.worldfile.problems import Problem
from tests.engine.worldfile_kit import MINDS, SMALL

PIECES = st.sampled_from(
    [
        *SMALL.split("\n"),
        "[",
        "]",
        "{",
        "}",
        "=",
        '"',
        "'",
        '"""',
        "#",
        ".",
        ",",
        "\n",
        "1e400",
        "nan",
        "0xffffffffffffffff",
    ]
) | st.text(max_size=5)
PATHS = st.lists(
    st.sampled_from(
        ["agents", "ann", "trader", "[0]", "[9]", "params", "to", "assets", "disk", "mint", "every", '"x y"', "rules"]
    ),
    min_size=1,
    max_size=5,
)
VALUES = st.sampled_from(["", "5", "-1", "[]", "{}", "{a=1}", "[{}]", '"5s"', "5s", "nan", "1979-05-27"]) | st.text(
    max_size=8
)


def outcome(text: str, sets: list[str], agents: int | None) -> None:
    """A world that reads back, or printable problems."""
    problems: Sequence[Problem] = ()
    try:
        loaded = load_text(text, "x.toml", sets=sets, agents=agents, minds=MINDS)
    except WorldFileError as error:
        problems = error.problems
    else:
        assert parse_world(loaded.text) == loaded.world
        return
    assert problems
    for problem in problems:
        assert str(problem).isprintable()
        assert problem.problem
        assert problem.remedy
        assert (problem.line is None) == problem.file.startswith("--")


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(SMALL)), st.integers(0, 12), PIECES), min_size=1, max_size=4))
def test_a_damaged_file_is_a_world_or_a_list_of_problems(cuts: list[tuple[int, int, str]]) -> None:
    text = SMALL
    for start, length, piece in cuts:
        text = text[:start] + piece + text[start + length :]
    outcome(text, [], None)


@settings(max_examples=300)
@given(st.lists(st.tuples(PATHS, VALUES), min_size=1, max_size=3), st.none() | st.integers(-1, 50))
def test_any_assignments_make_a_world_or_a_list_of_problems(
    assignments: list[tuple[list[str], str]], agents: int | None
) -> None:
    outcome(SMALL, [f"{'.'.join(path).replace('.[', '[')}={value}" for path, value in assignments], agents)
