"""`ecosim worlds`: list, show, check, new, schema."""

import argparse
from pathlib import Path

import orjson

from ecosim_tui.commands.run import whole
from ecosim_tui.paths import UsageError
from ecosim_tui.plain import say
from engine.worldfile import LoadedWorld, explain, list_worlds, load_world, new_world, schema_json

OK = 0


def listed(args: argparse.Namespace) -> int:
    """The bundled worlds."""
    worlds = list_worlds()
    if args.json:
        rows = [{"name": w.name, "title": w.title, "teaches": w.teaches, "agents": w.agents} for w in worlds]
        print(orjson.dumps(rows).decode())
        return OK
    for world in worlds:
        print(f"{world.name:12} {world.agents:>6,} agents  {world.title}\n{'':27}{world.teaches}")
    print("\nOpen one with `ecosim run NAME`; look at it with `ecosim worlds show NAME`.")
    return OK


def _loaded(args: argparse.Namespace) -> LoadedWorld:
    return load_world(args.world, sets=args.sets, agents=whole("--agents", args.agents))


def show(args: argparse.Namespace) -> int:
    """What a world consists of."""
    loaded = _loaded(args)
    print(loaded.text if args.toml else explain(loaded.world))
    return OK


def check(args: argparse.Namespace) -> int:
    """Whether a world file is good; problems are raised and printed by the command line."""
    loaded = _loaded(args)
    say(f"{loaded.source}: good")
    return OK


def new(args: argparse.Namespace) -> int:
    """Write a world file to begin with."""
    path = Path(args.file)
    begun = False
    try:
        with path.open("x", encoding="utf-8") as file:
            begun = True
            file.write(new_world(path.stem))
    except FileExistsError as error:
        raise UsageError(f"{path} exists; name a file that does not") from error
    except OSError as error:
        if begun:
            path.unlink()
        raise UsageError(f"cannot write {path}: {error.strerror}; name another file") from error
    say(f"{path}: edit it, check it with `ecosim worlds check {path}`, open it with `ecosim run {path}`")
    return OK


def schema(args: argparse.Namespace) -> int:
    """The JSON Schema of world files."""
    print(orjson.dumps(schema_json(), option=orjson.OPT_INDENT_2).decode())
    return OK
