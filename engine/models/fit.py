"""Whether an answer is what was asked for: JSON of a schema, or the call of a tool."""

from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match

from engine.models.faults import Fault, Reply
from engine.models.types import Request

_SHOWN = 200


def refuse_bad_schemas(request: Request) -> None:
    """Raise Fault for a schema that is none."""
    schemas = [("the answer", request.schema)] if request.schema is not None else []
    for name, schema in [*schemas, *((f"tool {tool.name}", tool.parameters) for tool in request.tools)]:
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            raise Fault("refused", f"the schema of {name} is no JSON Schema: {error.message[:_SHOWN]}") from error


def unfenced(text: str) -> str:
    """The text without the fence of Markdown that models like to put round JSON."""
    lines = text.strip().split("\n")
    fenced = len(lines) > 2 and lines[0].startswith("```") and lines[-1] == "```"
    return "\n".join(lines[1:-1]) if fenced else text


def misfit(request: Request, reply: Reply) -> str:
    """In what a reply is not what was asked for; empty if it is."""
    if reply.finish == "refusal" and (request.schema is not None or request.must_call):
        return "the model refused"
    if reply.tools or request.must_call:
        return _misfit_of_call(request, reply)
    if request.schema is not None and not request.tools:
        cut = "it was cut off at max_tokens; " if reply.finish == "length" else ""
        found = _misfit(reply.text, request.schema)
        return f"{cut}{found}" if found else ""
    return ""


def _misfit_of_call(request: Request, reply: Reply) -> str:
    if not reply.tools:
        return "no tool was called"
    call = reply.tools[0]
    tool = next((tool for tool in request.tools if tool.name == call.name), None)
    if tool is None:
        return f"a tool was called that there is not: {call.name[:40]!r}"
    found = _misfit(call.arguments or "{}", tool.parameters)
    if found:
        return f"the arguments of {tool.name}: {found}"
    return f"{len(reply.tools)} tools were called at once; only the first counts" if len(reply.tools) > 1 else ""


def _misfit(text: str, schema: dict[str, Any]) -> str:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return f"it is no JSON: {error}"
    worst = best_match(Draft202012Validator(schema).iter_errors(value))
    return f"{worst.json_path}: {worst.message[:_SHOWN]}" if worst is not None else ""
