"""README and docs hang together: links lead somewhere, commands are commands, the picture is at home here."""

import re
import shlex
from pathlib import Path

import pytest

from ecosim_tui.cli import build_parser

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {page.name: page for page in (ROOT / "README.md", ROOT / "CHANGELOG.md")}
PAGES |= {page.relative_to(DOCS).as_posix(): page for page in sorted(DOCS.rglob("*.md"))}
TEXTS = {name: page.read_text(encoding="utf-8") for name, page in PAGES.items()}
LINKS = [(name, link) for name, text in TEXTS.items() for link in re.findall(r"\]\(([^)\s]+)\)", text)]
FENCED = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[str]:
    """The command lines of `ecosim` in blocks without a language: with `$` if the block has output too."""
    found = []
    for block in FENCED.findall(text):
        lines = block.splitlines()
        asked = [line[2:] for line in lines if line.startswith("$ ")] or lines
        found += [line.removeprefix("uv run ") for line in asked if re.match(r"(uv run )?ecosim( |$)", line)]
    return found


COMMANDS = sorted({line for text in TEXTS.values() for line in commands(text)})


def anchors(text: str) -> set[str]:
    """The names that headings can be linked by."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("page", "link"), LINKS, ids=lambda part: part)
def test_links_lead_somewhere(page: str, link: str) -> None:
    if link.startswith("https://"):
        return
    file, _, anchor = link.partition("#")
    target = (PAGES[page].parent / file).resolve() if file else PAGES[page]
    assert target.exists()
    if anchor:
        assert anchor in anchors(target.read_text(encoding="utf-8"))


def test_readme_begins_with_one_sentence_and_the_two_commands() -> None:
    title, sentence, block, *_ = TEXTS["README.md"].split("\n\n")
    assert title == "# Ecosim"
    assert sentence.count(".") == 1
    assert [line.split("#")[0].strip() for line in block.splitlines()[1:-1]] == [
        "pip install uv && uv run ecosim",
        "pip install uv && uv run pytest",
    ]


def test_readme_leads_to_every_page() -> None:
    linked = {link for page, link in LINKS if page == "README.md"}
    assert {f"docs/{name}" for name in PAGES if name not in ("README.md", "CHANGELOG.md")} <= linked


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_in_the_pages_are_commands(line: str) -> None:
    arguments = shlex.split(re.split(r"  | > ", line)[0], comments=True)[1:]
    build_parser().parse_args(arguments or ["run", "bazaar"])


def test_the_picture_asks_nothing_of_other_hosts() -> None:
    picture = (ROOT / "docs" / "images" / "console.svg").read_text(encoding="utf-8")
    assert re.findall(r"https?://[^\"' )]+", picture) == ["http://www.w3.org/2000/svg"]
    for word in ("@font-face", "@import", "<script", "<image"):
        assert word not in picture
    shown = re.sub(r"<[^>]+>", " ", picture).replace("&#160;", " ")
    for title in ("Agents", "Order book", "Figures", "Requests waiting", "Events"):
        assert title in shown
