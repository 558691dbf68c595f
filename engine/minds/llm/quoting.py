"""Text that is not the prompt's own: told apart by a mark on each of its lines, so that it cannot pass for the prompt.

A section opens with `## ` at the beginning of a line, and what is quoted is never there: each line begins with `| `.
There is no end of a quotation that could be forged. What a screen or a chat template would act on is shown instead.
"""

import re

MARK = "| "
CUT = "…"
_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,80}")
_SPECIAL = re.compile(
    r"(<)([|｜])|([|｜])(>)|(<)(/?(?:s|bos|eos|think|start_of_turn|end_of_turn)>)|(<)(</?SYS>>)|(\[)(/?INST\])",
    re.IGNORECASE,
)
"""What chat templates of well-known models are written with."""


def quoted(text: str, most: int) -> str:
    """A text of somebody else's as lines with a mark, at most `most` bytes of it, and a sign where it was cut."""
    return "\n".join(MARK + line for line in cut(shown(text[: most + 1]), most).split("\n"))


def line(text: str, most: int) -> str:
    """The same within a line, in quotation marks."""
    plain = shown(text[: most + 1]).replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f'"{cut(plain, most)}"'


def word(name: object) -> str:
    """A name as it is, if it is one; anything else is quoted."""
    text = str(name)
    return text if _NAME.fullmatch(text) else line(text, 80)


def shown(text: str) -> str:
    """A text with what is not printable shown as an escape; line feeds stay."""
    plain = text if text.isprintable() else "".join(map(_visible, text))
    return _SPECIAL.sub(_broken, plain)


def cut(text: str, most: int) -> str:
    """At most `most` bytes of a text, whole characters, with a sign where it goes on."""
    data = text.encode("utf-8", "replace")
    if len(data) <= most:
        return data.decode()
    room = max(0, most - len(CUT.encode()))
    return data[:room].decode("utf-8", "ignore").rstrip("\\") + CUT


def _visible(char: str) -> str:
    if char == "\n" or char.isprintable():
        return char
    if char == "\t":
        return "\\t"
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _broken(found: re.Match[str]) -> str:
    first, rest = (part for part in found.groups() if part)
    return f"{first}\\{rest}"
