"""What the schema says about a place of the document: its keys, and whether it is a duration."""

import types
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, BeforeValidator

from engine.worldfile.problems import KeyPath
from engine.worldfile.values import parse_duration


@cache
def fields(model: type[BaseModel]) -> dict[str, Any]:
    """The annotated types of a model's keys."""
    hints = get_type_hints(model, include_extras=True)
    return {name: hints[name] for name in model.model_fields}


def bare(annotation: Any) -> Any:
    """The type without what is annotated to it and without `| None`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, types.UnionType):
            inner = [arg for arg in get_args(annotation) if arg is not type(None)]
            if len(inner) != 1:
                return annotation
            annotation = inner[0]
        else:
            return annotation


def is_section(annotation: Any) -> bool:
    """Whether the type is a table with fixed keys."""
    return isinstance(bare(annotation), type) and issubclass(bare(annotation), BaseModel)


def is_map(annotation: Any) -> bool:
    """Whether the type is a table with keys of the author's choice."""
    return bare(annotation) is Any or bare(annotation) is dict or get_origin(bare(annotation)) is dict


def is_array(annotation: Any) -> bool:
    """Whether the type is an array of which each element has the same type."""
    return get_origin(bare(annotation)) is tuple


def keys(annotation: Any) -> tuple[str, ...]:
    """The fixed keys of a table; none for anything else."""
    return tuple(fields(bare(annotation))) if is_section(annotation) else ()


def child(annotation: Any, part: str | int) -> Any:
    """The type at a key or index of a type; None if the schema knows none there."""
    inner = bare(annotation)
    if is_section(inner):
        return fields(inner).get(str(part))
    if is_array(inner) and isinstance(part, int):
        return get_args(inner)[0]
    if is_map(inner):
        return get_args(inner)[1] if get_args(inner) else Any
    return None


def at(annotation: Any, path: KeyPath) -> Any:
    """The type at a path below a type; None if the schema knows none there."""
    for part in path:
        annotation = child(annotation, part)
    return annotation


def is_duration(annotation: Any) -> bool:
    """Whether the type is read from text by `parse_duration`."""
    if get_origin(annotation) is Annotated:
        marks = get_args(annotation)[1:]
        return any(isinstance(mark, BeforeValidator) and mark.func is parse_duration for mark in marks)
    return get_origin(annotation) in (Union, types.UnionType) and any(map(is_duration, get_args(annotation)))


def every_key(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, type[BaseModel], str]]:
    """Every key of a schema, as (dotted name of its table, model of the table, key); a map's own keys stand as `*`."""
    for name, annotation in fields(model).items():
        yield prefix, model, name
        inner, path = bare(annotation), f"{prefix}.{name}" if prefix else name
        if is_array(inner) and is_section(get_args(inner)[0]):
            yield from every_key(bare(get_args(inner)[0]), path)
        elif is_map(inner) and get_args(inner) and is_section(get_args(inner)[1]):
            yield from every_key(bare(get_args(inner)[1]), f"{path}.*")
        elif is_section(inner):
            yield from every_key(inner, path)
