"""Which code may share a session with its own other calls.

Calls of one session share a heap, and with it whatever shows where in the heap something lies: identities, hashes and
printed forms of functions, classes and iterators. Code that could look at any of these has a session of its own for
each call. What is said here decides about speed alone: a name in vain costs a tenth of a millisecond.
"""

import re
from functools import lru_cache

_SHOWS = re.compile(
    r"\b(?:class|lambda|id|hash|iter|map|filter|zip|enumerate|reversed|exec|eval|locals|type|object|async|await|open"
    r"|memoryview|import)\b|__"
)
_DEFINES = re.compile(r"^([ \t]*)def[ \t]+(\w+)", re.MULTILINE)


@lru_cache(maxsize=4_096)
def shares(source: str) -> bool:
    """Whether calls of this code cannot tell one another: functions at the top, called by name and nothing else."""
    if _SHOWS.search(source):
        return False
    for indent, name in _DEFINES.findall(source):
        if indent:
            return False
        called = len(re.findall(rf"\b{re.escape(name)}\b\s*\(", source))
        if called != len(re.findall(rf"\b{re.escape(name)}\b", source)):
            return False
    return True


@lru_cache(maxsize=4_096)
def asks_nobody(source: str, host_functions: tuple[str, ...]) -> bool:
    """Whether no function of the host's is named anywhere in the code, so that its calls can be run in one go."""
    return not re.search(rf"\b(?:{'|'.join(host_functions)})\b", source)
