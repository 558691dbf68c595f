"""Values that cross the wall: plain JSON data of a bounded size, or a sentence that says why not."""

import contextlib
import json
import re
from math import isfinite

import orjson

MAX_NODES = 20_000
MAX_DEPTH = 50
_INTEGERS = range(-(2**63), 2**63)


SMALL = 2_000
_LONG_NUMBER = re.compile(r"\d{19}")
_OPENS = re.compile(r"[\[{]")


class NotPlainError(ValueError):
    """A value that cannot cross; the message is for the author of the code."""


def plain_json(text: str, most: int) -> object:
    """The value that a JSON text stands for; raises NotPlainError, or ValueError for what is no JSON.

    What is small, as verdicts are, cannot break any of the bounds, and need not be walked through.
    """
    small = len(text) <= min(SMALL, most // 8)
    if small and not _LONG_NUMBER.search(text) and len(_OPENS.findall(text)) <= MAX_DEPTH:
        with contextlib.suppress(orjson.JSONDecodeError):  # it is stricter: no NaN, no half of a surrogate pair
            return orjson.loads(text)
    return plain(json.loads(text), most)


class _Counter:
    """What may still cross, in nodes and bytes."""

    __slots__ = ("bytes", "most", "nodes")

    def __init__(self, most: int) -> None:
        self.most = most
        self.bytes = most
        self.nodes = MAX_NODES

    def take(self, size: int) -> None:
        self.nodes -= 1
        self.bytes -= size
        if self.nodes < 0 or self.bytes < 0:
            raise NotPlainError(f"it is too large: {self.most} bytes and {MAX_NODES} values may cross at most")


def plain(value: object, most: int) -> object:
    """The value as JSON data; raises NotPlainError. Tuples become lists; what is shared is copied, and counts twice."""
    return _plain(value, _Counter(most), 0)


def _plain(value: object, left: _Counter, depth: int) -> object:
    kind = type(value)
    if kind is str:
        text = str(value)
        left.take(2 + len(text))
        if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
            raise NotPlainError("it holds text that is no Unicode (half a surrogate pair)")
        return text
    if value is None or kind is bool:
        left.take(5)
        return value
    if isinstance(value, int):
        left.take(8)
        if value not in _INTEGERS:
            raise NotPlainError("it holds a whole number beyond 64 bits")
        return value
    if isinstance(value, float):
        left.take(8)
        if not isfinite(value):
            raise NotPlainError("it holds a number that is not finite")
        return value
    if depth >= MAX_DEPTH:
        raise NotPlainError(f"it is nested more than {MAX_DEPTH} deep")
    if isinstance(value, list | tuple):
        left.take(2)
        return [_plain(item, left, depth + 1) for item in value]
    if isinstance(value, dict):
        left.take(2)
        return {_key(key, left): _plain(item, left, depth + 1) for key, item in value.items()}
    raise NotPlainError(f"it holds a {_name(value)}; only plain data crosses: text, numbers, true, none, lists, dicts")


def _key(key: object, left: _Counter) -> str:
    if type(key) is not str:
        raise NotPlainError(f"it holds a dict with a key that is a {_name(key)}; keys are text")
    return str(_plain(key, left, 0))


def _name(value: object) -> str:
    """What the author calls this kind of value."""
    name = getattr(value, "name", None)
    return str(name)[:40] if type(value).__name__.startswith("Monty") and name else type(value).__name__
