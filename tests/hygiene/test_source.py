"""The source itself: words that are not ours, what is swallowed or left for later, documentation, and length."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import ecosim_tui
import engine

ROOT = Path(str(engine.__file__)).parent.parent
CODE = [path for package in (engine, ecosim_tui) for path in sorted(Path(str(package.__file__)).parent.rglob("*.py"))]
WORDS = {
    "a step, a commit or an interval": r"\bticks?_|_ticks?\b|\b(?:every|per) tick\b|\btick (?:number|count|rate)\b",
    "there is no bypass": r"owner[-_ ]?bypass",
    "a depletable or an allocatable resource": r"\bflow resources?\b|\bstock resources?\b|\bflow and stock\b",
    "cpu_rate": r"\bcompute (?:resource|budget|units?)\b",
}
LATER = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
MOST_LINES = 60
PRINTS = {"engine/store/process.py"}
"""The store's own process has nothing but its stderr to say what went wrong with."""

Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def name(path: Path) -> str:
    """A path as people say it."""
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    """The syntax trees of all modules."""
    return {name(path): ast.parse(path.read_text()) for path in CODE}


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def written(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of comments, strings and names, with their numbers."""
    return enumerate(path.read_text().splitlines(), 1)


def test_there_is_source_to_look_at() -> None:
    assert {"engine/kernel/state.py", "ecosim_tui/cli.py"} <= {name(path) for path in CODE}


@pytest.mark.parametrize("better", WORDS)
def test_words_that_mean_something_else_here_are_not_used(better: str) -> None:
    pattern = re.compile(WORDS[better], re.IGNORECASE)
    others = [*(ROOT / "worlds").glob("*.toml"), *(ROOT / "docs").rglob("*.md")]
    found = [
        f"{name(p)}:{n}: {line.strip()}" for p in [*CODE, *others] for n, line in written(p) if pattern.search(line)
    ]
    assert found == []


def test_nothing_is_left_for_later() -> None:
    found = []
    for path in CODE:
        tokens = tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
        found += [
            f"{name(path)}:{token.start[0]}: {token.string}"
            for token in tokens
            if token.type in (tokenize.COMMENT, tokenize.STRING) and LATER.search(token.string)
        ]
    assert found == []


def test_nothing_is_swallowed(trees: dict[str, ast.Module]) -> None:
    """No bare `except`, and none whose whole answer is `pass`, or a docstring, or three dots."""
    found = [
        f"{place}:{node.lineno}"
        for place, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and (node.type is None or all(map(_nothing, node.body)))
    ]
    assert found == []


def _nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def undocumented(tree: ast.Module) -> Iterator[str]:
    """Public modules, classes, functions and methods without a docstring; what is inside a function is not public."""
    if ast.get_docstring(tree) is None and tree.body:
        yield "module"
    todo: list[tuple[str, ast.Module | ast.ClassDef]] = [("", tree)]
    while todo:
        prefix, node = todo.pop()
        for inner in node.body:
            if not isinstance(inner, Named) or inner.name.startswith("_") or _is_given(inner):
                continue
            if ast.get_docstring(inner) is None:
                yield f"{prefix}{inner.name}"
            if isinstance(inner, ast.ClassDef):
                todo.append((f"{prefix}{inner.name}.", inner))


def _is_given(node: Named) -> bool:
    """What is documented where it is declared: overrides, handlers of a framework, and members of a protocol."""
    if isinstance(node, ast.ClassDef):
        return False
    decorators = {ast.unparse(decorator).partition("(")[0] for decorator in node.decorator_list}
    handlers = ("on_", "watch_", "action_", "compute_", "validate_")
    stub = isinstance(node.body[0], ast.Expr) and ast.unparse(node.body[0]) == "..."
    framework = {"compose", "render", "render_line", "follow", "decide"}
    stub = stub or any(decorator.endswith(".setter") for decorator in decorators)
    return stub or bool(decorators & {"override", "on"}) or node.name.startswith(handlers) or node.name in framework


def test_every_public_name_has_a_docstring(trees: dict[str, ast.Module]) -> None:
    assert [f"{place}: {found}" for place, tree in trees.items() for found in undocumented(tree)] == []


def test_a_function_fits_on_a_screen(trees: dict[str, ast.Module]) -> None:
    found = []
    for place, tree in trees.items():
        for node in functions(tree):
            # One that only gathers the functions that it contains is as long as what is not in them.
            inner = sum(_lines(f) for f in node.body if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef))
            if _lines(node) - inner > MOST_LINES:
                found.append(f"{place}:{node.lineno}: {node.name} has {_lines(node)} lines")
    assert found == []


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_the_engine_prints_nothing(trees: dict[str, ast.Module]) -> None:
    found = [
        f"{place}:{node.lineno}"
        for place, tree in trees.items()
        if place.startswith("engine/") and place not in PRINTS
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("print", "breakpoint", "input")
    ]
    assert found == []


def test_no_module_imports_relatively(trees: dict[str, ast.Module]) -> None:
    found = [
        f"{place}:{node.lineno}"
        for place, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert found == []


# -- the checks themselves -----------------------------------------------------------------------------------------


def test_the_checks_see_what_they_look_for() -> None:
    tree = ast.parse("class A:\n    def b(self): return 1\n    def on_c(self): return 1\n")
    assert list(undocumented(tree)) == ["module", "A", "A.b"]
    handler = next(
        n for n in ast.walk(ast.parse("try:\n    a\nexcept B:\n    pass")) if isinstance(n, ast.ExceptHandler)
    )
    assert all(map(_nothing, handler.body))
    assert LATER.search("# TODO: later")
    assert re.search(WORDS["a step, a commit or an interval"], "run_ticks = 5")
    assert not re.search(WORDS["a step, a commit or an interval"], "a ticket, a sticky tick mark")
