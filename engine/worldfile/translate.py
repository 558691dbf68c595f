"""Turns what pydantic says about a document into findings in the words of world files."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.kernel.durations import duration_text
from engine.worldfile import shape
from engine.worldfile.problems import Finding, KeyPath, key_text, meant, nearest, safe, shown

_TYPES = {
    "int_type": ("a whole number", "give a whole number"),
    "int_from_float": ("a whole number", "give a whole number"),
    "float_type": ("a number", "give a number"),
    "string_type": ("text", 'put it in quotes, e.g. "text"'),
    "string_unicode": ("text in UTF-8", "write it in UTF-8"),
    "bool_type": ("true or false", "write true or false"),
    "dict_type": ("a table", "give a table of keys, e.g. { a = 1 }"),
    "tuple_type": ("an array", "give an array, e.g. [1, 2]"),
    "list_type": ("an array", "give an array, e.g. [1, 2]"),
    "finite_number": ("a number that is finite", "give a number"),
}
_SECRET = re.compile("^(?!max).*(?:key|token|secret|password)", re.IGNORECASE)
_SECRET_GOES = "put it into the environment or a .env file, and name the variable with `api_key_env`"
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("{} or more", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("{} or less", "le"),
}


def findings(
    error: ValidationError, document: Any, model: type[BaseModel], prefix: KeyPath = (), whole: str = "a world file"
) -> Iterator[Finding]:
    """One finding for each error of a model's validation; `prefix` is where the document stands in the file, which is
    called `whole`."""
    for detail in error.errors(include_url=False):
        path = _path(detail, document)
        problem, remedy = _describe(detail, path, model, prefix, whole)
        yield Finding(prefix + path, problem, remedy)


def _path(detail: ErrorDetails, document: Any) -> KeyPath:
    """The place of an error without the parts pydantic adds for itself (names of union members, `[key]`)."""
    path: KeyPath = ()
    for part in detail["loc"]:
        inside = isinstance(document, dict) and part in document
        inside = inside or (isinstance(document, list) and isinstance(part, int) and part < len(document))
        if not inside:
            return (*path, part) if detail["type"] == "missing" and part == detail["loc"][-1] else path
        path += (part,)
        document = document[part]
    return path


def _describe(
    detail: ErrorDetails, path: KeyPath, model: type[BaseModel], prefix: KeyPath, whole: str
) -> tuple[str, str]:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    here = shape.at(model, path)
    if detail["loc"] and detail["loc"][-1] == "[key]":
        return "is not a usable name", _name_rule(kind, context)
    if kind == "missing":
        return "is missing", f"add it{_to(prefix + path)}"
    if shape.is_duration(here):
        return _duration(kind, value, context)
    if kind in _TYPES:
        return _wrong_type(kind, value, path, here)
    if kind in _BOUNDS:
        words, name = _BOUNDS[kind]
        limit = context[name]
        bound = words.format(limit) if "{}" in words else f"{words} {limit}"
        kind_of_number = "number" if shape.bare(here) is float else "whole number"
        return f"must be {bound}, not {shown(value)}", f"give a {kind_of_number}{_of(path)}"
    match kind:
        case "extra_forbidden":
            table = prefix + path[:-1]
            name = f"[{key_text(table)}]" if table else whole
            known = shape.keys(shape.at(model, path[:-1]))
            if path[0] == "models" and _SECRET.search(str(path[-1])):
                return f"is not a key of {name}: a world file holds no secrets", _SECRET_GOES
            return f"is not a key of {name}", _elsewhere(path[-1], value, model, known) or meant(
                str(path[-1]), known, "its keys are"
            )
        case "model_type":
            return _wrong_table(value, path, shape.keys(here))
        case "string_pattern_mismatch" | "string_too_long":
            return f"must not be {shown(value)}", _name_rule(kind, context)
        case "too_long":
            return f"must not have {context['actual_length']:,} elements", f"{context['max_length']:,} are the most"
        case "literal_error":
            return f"must be one of {context['expected']}, not {shown(value)}", "choose one of these"
        case "value_error" | "assertion_error":
            return f"must not be {shown(value)}", safe(str(context.get("error", detail["msg"])), 200)
        case _:
            return f"must not be {shown(value)}", safe(detail["msg"], 200)


def _elsewhere(key: str | int, value: Any, model: type[BaseModel], known: tuple[str, ...]) -> str | None:
    """Where else in the file a key belongs, or what is in a table; None unless there is one such place."""
    if nearest(str(key), known) is not None:
        return None
    every = list(shape.every_key(model))
    for sought in (key, *(value if isinstance(value, dict) else ())):
        tables = {table for table, _, name in every if name == sought and "*" not in table}
        if len(tables) == 1 and (table := tables.pop()):
            inner = shape.at(model, (*table.split("."), sought))
            is_table = shape.is_section(inner) or shape.is_map(inner)
            return f"did you mean [{table}.{sought}]?" if is_table else f"did you mean `{sought}` of [{table}]?"
    return None


def _duration(kind: str, value: Any, context: dict[str, Any]) -> tuple[str, str]:
    if kind == "value_error":
        example = ""
        if type(value) is int and 0 < value.bit_length() <= 32 and value > 0:
            example = f'; {value} seconds are written "{value}s"'
        if isinstance(value, str) and value.strip().startswith("-"):
            return f"must not be below 0, as {shown(value)} is", 'give a duration such as "1.5s" or "20m"'
        return f"must be a duration, not {shown(value)}", f"{safe(str(context['error']), 200)}{example}"
    if context.get("ge"):
        return (
            f"must be at least {duration_text(context['ge'])}, not {shown(value)}",
            'give one such as "1.5s" or "20m"',
        )
    return f"must be a duration longer than 0, not {shown(value)}", 'give one such as "1.5s" or "20m"'


def _wrong_type(kind: str, value: Any, path: KeyPath, here: Any) -> tuple[str, str]:
    wanted, remedy = _TYPES[kind]
    if shape.is_array(here) and isinstance(value, dict) and shape.is_section(shape.child(here, 0)):
        table = ".".join(str(part) for part in path if not isinstance(part, int))
        return "must be an array of tables, not one table", f"write [[{table}]] with double brackets"
    if shape.is_array(here) and shape.is_section(shape.child(here, 0)):
        return f"must be an array of tables, not {shown(value)}", "give tables in brackets, e.g. [{ a = 1 }]"
    if path[:1] == ("models",) and "price" in path and isinstance(value, float):
        remedy = "prices are in µUSD for a million tokens: $0.15 is 150_000"
    if shape.is_array(here) and isinstance(value, str):
        remedy = f"put it in brackets: [{shown(value)}]"
    return f"must be {wanted}, not {shown(value)}", remedy


def _wrong_table(value: Any, path: KeyPath, known: tuple[str, ...]) -> tuple[str, str]:
    if len(path) > 1 and path[-1] in known:  # a key of a table that was to have a name
        table = key_text(path[:-1])
        return f"must be a table, not {shown(value)}", f"give it a name: write [{table}.NAME], and {path[-1]} below"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "must be one table, not an array of tables", f"write [{key_text(path)}] with single brackets"
    is_element = any(isinstance(part, int) for part in path)
    remedy = "give a table of keys, e.g. { a = 1 }" if is_element else f"write [{key_text(path)}] and its keys below"
    return f"must be a table, not {shown(value)}", remedy


def _name_rule(kind: str, context: dict[str, Any]) -> str:
    if kind == "string_too_long":
        return f"{context['max_length']} characters are the most"
    if context.get("pattern") == r"^[a-z][a-z0-9_]*$":
        return "a name is a lower-case letter, then lower-case letters, digits and underscores"
    if context.get("pattern", "").startswith("^[a-z*]+"):
        return 'a verb is one or two words with a dot, e.g. "agent.spawn" or "message.*"'
    return f"it has to match {context.get('pattern', 'the schema')}"


def _of(path: KeyPath) -> str:
    if path and path[-1] == "scrip":
        return " of scrip"
    return f" of {path[-1]}" if len(path) > 1 and path[-2] == "assets" else ""


def _to(path: KeyPath) -> str:
    return f" to [{key_text(path[:-1])}]" if len(path) > 1 else ""
