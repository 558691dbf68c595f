"""Writing rules into policy files: what is there stays as it is, and nothing is written that would not be read."""

import os
import tempfile
from pathlib import Path

from ecosim_tui.paths import UsageError
from engine.capabilities.rule_making import to_toml
from engine.kernel.entities import Json
from engine.worldfile.policies import LoadedPolicy, policy_text
from engine.worldfile.sources import read_file


def append_rule(file: Path, rule: Json) -> LoadedPolicy:
    """Add a rule at the end of a policy file, which need not exist; returns the policy that the file is now.

    Raises WorldFileError with the problems of the file, of the rule, or of the two together, and UsageError if the
    file cannot be written; the file is then as it was.
    """
    path = file.resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; check folder, disk and rights") from error
    before = read_file(str(file), "policy").text if path.exists() else ""
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    made = policy_text(before + gap + to_toml(rule), str(file))
    _replace(path, made.text)
    return made


def _replace(path: Path, text: str) -> None:
    """Put a text in the place of a file at once: whoever reads it sees the old one or the new one, whole."""
    unborn: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", prefix=f".{path.name}-", dir=path.parent, delete=False
        ) as made:
            unborn = Path(made.name)
            made.write(text)
            made.flush()
            os.fsync(made.fileno())
        unborn.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        unborn.replace(path)
    except OSError as error:
        if unborn is not None:
            unborn.unlink(missing_ok=True)
        raise UsageError(f"cannot write {path}: {error.strerror}; check folder, disk and rights") from error
