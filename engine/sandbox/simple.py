"""Which code may share a session with its own other calls.

Calls of one session share a heap, and with it whatever shows where in the heap something lies: identities, hashes and
printed forms of functions, classes and iterators. Code that could look at any of these has a session of its own for
each call. What is said here decides about speed alone: a name in vain costs a tenth of a millisecond.
"""

import re
from functools import lru_cache

from engine.sandbox.types import HOST_FUNCTIONS

_SHOWS = re.compile(
    r"\b(?:class|lambda|id|hash|iter|map|filter|zip|enumerate|reversed|exec|eval|locals|type|object|async|await|open"
    r"|memoryview|import|global|nonlocal)\b|__"
    r"|\"\"\"|'''|\\\r?$",  # what goes on over a line's end cannot be set further in
    re.MULTILINE,
)
_DEFINES = re.compile(r"^([ \t]*)def[ \t]+(\w+)", re.MULTILINE)


_UNUSUAL = re.compile(r"[^\t\n -~]")
"""Characters that may be another's look-alike, or end a line for some and not for others."""

MOST = 4_000
MOST_FUNCTIONS = 20
"""Longer code is not looked at: it has a session of its own anyway."""

_CALLS_HOST = re.compile(rf"\b(?:{'|'.join(sorted({name for names in HOST_FUNCTIONS.values() for name in names}))})\b")


def defined(source: str) -> list[str]:
    """The functions that code defines at its top."""
    return list(dict.fromkeys(name for indent, name in _DEFINES.findall(source) if not indent))


@lru_cache(maxsize=4_096)
def shares(source: str) -> bool:
    """Whether calls of this code cannot tell one another: functions at the top, called by name, that ask nobody."""
    if len(source) > MOST or _UNUSUAL.search(source) or _SHOWS.search(source) or _CALLS_HOST.search(source):
        return False
    defined = _DEFINES.findall(source)
    if len(defined) > MOST_FUNCTIONS:
        return False
    for indent, name in defined:
        if indent:
            return False
        called = len(re.findall(rf"\b{re.escape(name)}\b\s*\(", source))
        if called != len(re.findall(rf"\b{re.escape(name)}\b", source)):
            return False
    return True
