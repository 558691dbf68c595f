"""World files: schema, loading with errors that name file, line and key, scaling and overriding."""

from engine.kernel.durations import duration_text
from engine.worldfile.checks import check
from engine.worldfile.explanation import WorldInfo, explain, list_worlds
from engine.worldfile.groups import limit, members, population, section_of, total
from engine.worldfile.loader import LoadedWorld, load_text, load_world, parse_world
from engine.worldfile.policies import LoadedPolicy, load_policy
from engine.worldfile.problems import Finding, Problem, WorldFileError
from engine.worldfile.save import schema_json, to_toml
from engine.worldfile.schema import World
from engine.worldfile.template import new_world

__all__ = [
    "Finding",
    "LoadedPolicy",
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
    "load_policy",
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
