"""Patterns of resources: names in which a `*` stands for any run of characters, and nothing else is special.

With no other wildcard it can be decided whether one pattern lies within another, which is what narrowing needs.
"""

import re
from functools import lru_cache

MOST = 200
EVERYTHING = "*"
_FIT = re.compile(r"[^\s\x00-\x1f\x7f-\x9f?\[\]{}]+")


def fits(pattern: str) -> bool:
    """Whether text can be a pattern: 1 to 200 characters without spaces, control characters and other wildcards."""
    return 0 < len(pattern) <= MOST and pattern.isprintable() and _FIT.fullmatch(pattern) is not None


def covers(pattern: str, name: str) -> bool:
    """Whether a pattern holds for a name, or for everything that another pattern holds for.

    A `*` of the narrower pattern is matched by a `*` of the wider alone, as no literal character equals it. What is
    between stars is looked for from left to right and never again, so that no hostile pattern takes long.
    """
    if pattern in (name, EVERYTHING):
        return True
    head, *rest = pattern.split("*")
    if not rest:
        return False
    *between, tail = rest
    at, end = len(head), len(name) - len(tail)
    if at > end or not name.startswith(head) or not name.endswith(tail):
        return False
    for part in between:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


@lru_cache(4_096)
def overlap(a: str, b: str) -> bool:
    """Whether there is a name that both patterns hold for."""
    if "*" not in a or "*" not in b:
        return covers(a, b) or covers(b, a)
    below = [False] * (len(b) + 1)  # below[j]: what is left of `a` one character further on and b[j:] meet
    for i in range(len(a), -1, -1):
        here = [False] * (len(b) + 1)
        for j in range(len(b), -1, -1):
            if i == len(a) and j == len(b):
                here[j] = True
            elif i < len(a) and a[i] == "*":
                here[j] = below[j] or (j < len(b) and here[j + 1])
            elif j < len(b) and b[j] == "*":
                here[j] = here[j + 1] or (i < len(a) and below[j])
            else:
                here[j] = i < len(a) and j < len(b) and a[i] == b[j] and below[j + 1]
        below = here
    return below[0]


def meet(a: str, b: str) -> str | None:
    """The narrower of two patterns if one lies within the other, else None."""
    if covers(a, b):
        return b
    return a if covers(b, a) else None
