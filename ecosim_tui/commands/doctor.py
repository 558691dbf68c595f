"""`ecosim doctor`: what is installed, what is missing, and how to get it."""

import argparse
import os
import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version

import orjson

from ecosim_tui.paths import runs_folder
from engine.models.keys import found
from engine.models.local import INSTALL, missing, weights
from engine.sandbox.walls import WORKER, walls
from engine.store.facts import sqlite_facts

LOW_DISK = 2 * 2**30
_PACKAGES = ("textual", "sqlmodel", "sqlalchemy", "alembic", "orjson", "pydantic")
_KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY", "OPENROUTER_API_KEY")
_NO_KEYS = "of the bundled worlds `village` alone needs one; `ecosim models list WORLD` says which"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `needed` or optional, there or not, and what to do about it."""

    name: str
    ok: bool
    needed: bool
    found: str
    remedy: str = ""


def doctor(args: argparse.Namespace) -> int:
    """Look at everything and say what was found; exit code 1 if something that is needed is missing."""
    findings = [*_needed(), *_optional()]
    if args.json:
        print(orjson.dumps([asdict(f) for f in findings]).decode())
    else:
        for finding in findings:
            mark = "ok     " if finding.ok else "MISSING" if finding.needed else "not set"
            remedy = f"\n{'':26}→ {finding.remedy}" if finding.remedy else ""
            print(f"{mark} {finding.name:18}{finding.found}{remedy}")
    return 0 if all(f.ok for f in findings if f.needed) else 1


def _needed() -> list[Finding]:
    looked = [Finding("Python", sys.version_info >= (3, 11), True, f"{platform.python_version()} at {sys.executable}")]
    for package in _PACKAGES:
        try:
            looked.append(Finding(package, True, True, version(package)))
        except PackageNotFoundError:
            looked.append(Finding(package, False, True, "not installed", "install ecosim again: pip install ecosim"))
    sqlite = sqlite_facts()
    looked.append(Finding("SQLite", sqlite.supported, True, sqlite.version, sqlite.note))
    remedy = "" if sqlite.full_text else "agents cannot recall by words; a Python from python.org or uv has FTS5"
    told = "FTS5, for agents' memories" if sqlite.full_text else "SQLite has no FTS5"
    looked.append(Finding("full text", sqlite.full_text, False, told, remedy))
    remedy = "optional: worlds with [memory] vectors need it" if sqlite.no_vectors else ""
    told = sqlite.no_vectors or "sqlite-vec, for memories searched by meaning"
    looked.append(Finding("vectors", not sqlite.no_vectors, False, told, remedy))
    return [*looked, *_walls(), _disk(), _writable()]


def _walls() -> list[Finding]:
    """The walls round the code of agents: without the first no such code is run, the second stands outside of it."""
    return [Finding(f"wall {one.name}", one.stands, one.name == WORKER, one.found, one.remedy) for one in walls()]


def _disk() -> Finding:
    folder = runs_folder()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    remedy = "" if free > LOW_DISK else "a busy run writes gigabytes an hour; free some space, or use --db elsewhere"
    return Finding("disk", free > LOW_DISK, False, f"{free / 2**30:.1f} GiB free at {there}", remedy)


def _writable() -> Finding:
    folder = runs_folder()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    ok = os.access(there, os.W_OK)
    remedy = "" if ok else "set XDG_DATA_HOME to a folder that can be written, or use --db"
    return Finding("runs", ok, True, str(folder), remedy)


def _llm_library() -> Finding:
    """Asked for its version only: it takes seconds to load."""
    try:
        return Finding("LLM library", True, False, f"litellm {version('litellm')}")
    except PackageNotFoundError:
        return Finding("LLM library", False, False, "no", "install ecosim again: worlds with models need it")


def _local_model() -> Finding:
    """What `--model local` needs."""
    why = missing()
    if why:
        return Finding("local model", False, False, "not installed", f"optional, for --model local: {INSTALL}")
    found = weights()
    return Finding("local model", True, False, found.stem if found is not None else "")


def _optional() -> list[Finding]:
    known = found(os.environ)
    keys = [key for key in _KEYS if known.get(key)]
    terminal = f"{os.environ.get('TERM', 'unknown')}, colours {os.environ.get('COLORTERM') or 'as TERM says'}"
    return [
        Finding("terminal", True, False, terminal),
        _llm_library(),
        _local_model(),
        Finding("LLM keys", bool(keys), False, ", ".join(keys) or "none", "" if keys else _NO_KEYS),
        Finding(
            "Docker",
            shutil.which("docker") is not None,
            False,
            shutil.which("docker") or "no",
            "" if shutil.which("docker") else "optional",
        ),
    ]
