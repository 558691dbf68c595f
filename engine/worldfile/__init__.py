"""World files: schema, loading with errors that name file, line and key, scaling and overriding."""

from engine.worldfile.checks import check
from engine.worldfile.explanation import WorldInfo, explain, list_worlds
from engine.worldfile.groups import limit, members, population, section_of, total
from engine.worldfile.loader import LoadedWorld, load_text, load_world, parse_world
from engine.worldfile.problems import Finding, Problem, WorldFileError
from engine.worldfile.save import duration_text, schema_json, to_toml
from engine.worldfile.schema import World
from engine.worldfile.template import new_world

__all__ = [
    "Finding",
    "LoadedWorld",
    "Problem",
    "World",
    "WorldFileError",
    "WorldInfo",
    "check",
    "duration_text",
    "explain",
    "limit",
    "list_worlds",
    "load_text",
    "load_world",
    "members",
    "new_world",
    "parse_world",
    "population",
    "schema_json",
    "section_of",
    "to_toml",
    "total",
]
