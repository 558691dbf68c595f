"""Writes a world back: as TOML that reads to the same world, and the schema as JSON Schema."""

from typing import Any

import tomli_w
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from engine.kernel.durations import duration_text
from engine.worldfile import shape
from engine.worldfile.schema import World
from engine.worldfile.values import parse_duration

_DURATION_PATTERN = r"^\d{1,12}(\.\d{1,6})?\s*(us|ms|s|m|h|d)$"


def to_toml(world: World) -> str:
    """The whole world as TOML, defaults included, so that it means the same under later defaults."""
    return tomli_w.dumps(plain(world, World))


def plain(value: Any, annotation: Any) -> Any:
    """A value of the schema as the file would write it: durations as text, no keys for what is None."""
    if isinstance(value, BaseModel):
        known = shape.fields(type(value))
        return {name: plain(item, known[name]) for name, item in value if item is not None}
    if value is not None and shape.is_duration(annotation):
        return duration_text(value)
    if isinstance(value, dict):
        return {key: plain(item, shape.child(annotation, key)) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item, shape.child(annotation, index)) for index, item in enumerate(value)]
    return value


class _FileSchema(GenerateJsonSchema):
    """The schema of what stands in the file: there a duration is text."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        if schema["function"]["function"] is parse_duration:
            return {"type": "string", "pattern": _DURATION_PATTERN, "examples": ["1.5s", "20m"]}
        return super().function_before_schema(schema)

    def encode_default(self, dft: Any) -> Any:
        return plain(dft, type(dft)) if isinstance(dft, BaseModel) else super().encode_default(dft)


def schema_json() -> dict[str, Any]:
    """The JSON Schema of a world file, for editors; checks across keys are in `check` only."""
    schema = World.model_json_schema(schema_generator=_FileSchema)
    _tidy(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema


def _tidy(node: Any) -> None:
    """Write defaults of durations as text too, without the bounds of the numbers they are read into."""
    if isinstance(node, dict):
        if node.get("pattern") == _DURATION_PATTERN:
            node.pop("gt", None)
            node.pop("ge", None)
            if isinstance(node.get("default"), int):
                node["default"] = duration_text(node["default"])
        for item in node.values():
            _tidy(item)
    elif isinstance(node, list):
        for item in node:
            _tidy(item)
