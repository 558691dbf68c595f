"""Constructors of frozen rows at the price of mutable ones: rows are made several times in every step of every agent.

The constructor that `dataclass(frozen=True)` writes sets each field through `object.__setattr__`, a call for each. One
that is written for a class of the same layout which is not frozen stores them directly; the object becomes a frozen row
when all is there. Nothing else changes: fields, defaults, equality, hash, `replace`, and that no field can be set.
"""

from collections.abc import Iterable
from dataclasses import MISSING, fields
from typing import Any, TypeVar

R = TypeVar("R")
_same = object()
_become = object.__dict__["__class__"].__set__


def quicken(kinds: Iterable[type[Any]]) -> None:
    """Give frozen, slotted dataclasses a constructor that is about three times as fast; defaults are plain values.

    `replace` below makes such rows from such rows.
    """
    for kind in kinds:
        names = [one.name for one in fields(kind)]
        if any(one.default_factory is not MISSING for one in fields(kind)):
            raise TypeError(f"{kind.__name__} has a default factory, which a quick constructor does not know")
        defaults = {one.name: one.default for one in fields(kind) if one.default is not MISSING}
        draft = type(f"{kind.__name__}Draft", (), {"__slots__": tuple(names)})
        stores = "".join(f"    self.{name} = {name}\n" for name in names)
        told = ", ".join(f"{name}=_given[{name!r}]" if name in defaults else name for name in names)
        code = f"def __init__(self, {told}):\n    _become(self, _draft)\n{stores}    _become(self, _kind)\n"
        asked = ", ".join(f"{name}=_same" for name in names)
        taken = ", ".join(f"self.{name} if {name} is _same else {name}" for name in names)
        code += f"def __replace__(self, *, {asked}):\n    return _kind({taken})\n"
        made: dict[str, Any] = {}
        known = {"_become": _become, "_draft": draft, "_kind": kind, "_given": defaults, "_same": _same}
        exec(code, known, made)
        kind.__init__ = made["__init__"]
        kind.__replace__ = made["__replace__"]


def replace(row: R, **changes: Any) -> R:
    """A row of a quickened class with other fields: what `dataclasses.replace` does, without asking for the fields."""
    made: R = row.__replace__(**changes)  # type: ignore[attr-defined]
    return made
