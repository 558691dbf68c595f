"""Which line of a TOML text a key stands on, for messages; the meaning of the text is left to `tomllib`.

The scanner expects text that `tomllib` has accepted. It looks at keys, brackets and strings only, so a value is a
stretch of tokens to it.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

from engine.worldfile.problems import KeyPath

MAX_DEPTH = 32
"""How deep arrays, tables and dotted keys may be nested; no world needs a tenth of it."""

# Possessive quantifiers, and strings that need no end: broken text must not be gone over twice.
_TOKEN = re.compile(
    r"""
    (?P<string> \"{3}(?:[^\\"]|\\.|"(?!""))*+(?:"{3,5})? | '{3}(?:[^']|'(?!''))*+(?:'{3,5})?
              | "(?:[^"\\\n]|\\[^\n])*+"? | '[^'\n]*+'? )
  | (?P<skip> [ \t\r]++ | \#[^\n]*+ )
  | (?P<newline> \n )
  | (?P<word> [A-Za-z0-9_+-]++ )
  | (?P<mark> [\[\]{}=,.:] )
  | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)


class _Token(NamedTuple):
    kind: str
    text: str
    line: int
    start: int


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        if kind != "skip":
            yield _Token(kind, match[0], line, match.start())
        if kind in ("string", "newline"):
            line += match[0].count("\n")


def too_deep(text: str) -> int | None:
    """The first line on which brackets or a dotted key nest deeper than MAX_DEPTH; asked before `tomllib` recurses."""
    depth = dots = 0
    last_dot = True
    for token in _tokens(text):
        if token.text in ("[", "{"):
            depth += 1
        elif token.text in ("]", "}"):
            depth -= 1
        is_dot = token.text == "."
        if is_dot and not last_dot:
            dots += 1
        elif not is_dot and not last_dot:
            dots = 0
        last_dot = is_dot
        if depth > MAX_DEPTH or dots >= MAX_DEPTH:
            return token.line
    return None


class Lines:
    """The lines of a TOML text by key path."""

    def __init__(self, text: str) -> None:
        self._known = _Scanner(text).scan()

    def line(self, path: KeyPath) -> int:
        """The line on which the value of a path begins; of what encloses it if it is not in the text; at last 1."""
        for end in range(len(path), 0, -1):
            if (line := self._known.get(path[:end])) is not None:
                return line
        return 1


class _Scanner:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0
        self._lines: dict[KeyPath, int] = {}
        self._tables: dict[KeyPath, int] = {}  # arrays of tables, with the number of their tables so far

    def scan(self) -> dict[KeyPath, int]:
        """The line of each key path that the text spells."""
        prefix: KeyPath = ()
        while (token := self._peek()) is not None:
            if token.kind == "newline":
                self._next += 1
            elif token.text == "[":
                prefix = self._header()
            else:
                self._pair(prefix)
        return self._lines

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _skip(self, *marks: str) -> None:
        """Step over these marks and line ends."""
        while (token := self._peek()) is not None and (token.kind == "newline" or token.text in marks):
            self._next += 1

    def _key(self, end: str) -> tuple[list[str], int]:
        """The parts of a dotted key up to and past the mark that ends it, and its line."""
        parts: list[str] = []
        line = self._tokens[self._next].line
        while (token := self._peek()) is not None:
            self._next += 1
            if token.text == end:
                break
            if token.kind == "string":
                parts.append(tomllib.loads(f"key = {token.text}")["key"])
            elif token.kind == "word":
                parts.append(token.text)
        return parts, line

    def _header(self) -> KeyPath:
        first, second = self._tokens[self._next], self._tokens[self._next + 1]
        is_array = second.text == "[" and second.start == first.start + 1
        self._next += 2 if is_array else 1
        parts, line = self._key("]")
        if is_array:
            self._next += 1
        path: KeyPath = ()
        for position, part in enumerate(parts):
            path += (part,)
            self._lines.setdefault(path, line)
            if is_array and position == len(parts) - 1:
                self._tables[path] = self._tables.get(path, 0) + 1
            if path in self._tables:
                path += (self._tables[path] - 1,)
                self._lines.setdefault(path, line)
        return path

    def _pair(self, prefix: KeyPath) -> None:
        parts, line = self._key("=")
        path = prefix
        for part in parts:
            path += (part,)
            self._lines.setdefault(path, line)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        token = self._peek()
        if token is None:
            return
        if token.text == "[":
            self._next += 1
            self._array(path)
        elif token.text == "{":
            self._next += 1
            self._inline_table(path)
        else:
            while (token := self._peek()) is not None and token.kind != "newline" and token.text not in (",", "]", "}"):
                self._next += 1

    def _array(self, path: KeyPath) -> None:
        index = 0
        self._skip()
        while (token := self._peek()) is not None and token.text != "]":
            self._lines[(*path, index)] = token.line
            self._value((*path, index))
            index += 1
            self._skip(",")
        self._next += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._skip()
        while (token := self._peek()) is not None and token.text != "}":
            self._pair(path)
            self._skip(",")
        self._next += 1
