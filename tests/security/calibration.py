"""Runs all tricks in plain Python, each in a process of its own, and prints which of them got out.

`python -m tests.security.calibration`: the corpus is worth something only if it can succeed where nothing holds it.
"""

import json
import os
import signal
import sys
import warnings
from typing import Any

from tests.security.tricks.all import TRICKS
from tests.security.tricks.model import Trick

_SECONDS = 3


class Host:
    """A host as one would write it without a thought: an object whose methods are handed over."""

    def __init__(self) -> None:
        self.ledger = {"alice": 100, "bob": 500}
        self.artifacts: dict[str, dict[str, object]] = {"thing": {"id": "thing", "price": 5}}

    def invoke(self, artifact: Any, method: object = None, caller: str = "alice", **more: object) -> object:
        """Gives back what it is handed, or fails with an error of its own."""
        if artifact == "missing":
            return self.artifacts["missing"]
        return caller if caller != "alice" else artifact

    def charge(self, amount: object, to: str = "", reason: str = "") -> str:
        """Writes down what it is handed, as text."""
        return f"charged {amount}"

    def get_balance(self, principal: str, asset: str = "scrip") -> int:
        """What somebody has."""
        return self.ledger.get(principal, 0)

    def get_artifact_info(self, artifact: str) -> dict[str, object]:
        """What is known of an artifact, as it is kept."""
        return self.artifacts.setdefault(artifact, {"id": artifact})

    def act(self, action: object) -> object:
        """Does nothing."""
        return {"ok": True}

    def call_llm(self, prompt: str) -> object:
        """Says nothing of interest."""
        return {"text": "I am a helpful model."}

    def now(self) -> int:
        """World time."""
        return 1_000_000

    def names(self) -> dict[str, Any]:
        """What the code finds."""
        functions = ("invoke", "charge", "get_balance", "get_artifact_info", "act", "call_llm", "now")
        return {name: getattr(self, name) for name in functions}


def gets_out(trick: Trick) -> bool:
    """Whether the trick says so, run as often as the suite runs it."""
    host, found = Host(), False
    for caller in ("alice", "bob") if trick.planted else ("alice",):
        space = {**host.names(), "self_id": "tool_1", "caller": caller, "__name__": "tricked"}
        try:
            exec(trick.source, space)
            found = space["run"]() is True
        except BaseException:  # noqa: BLE001 - whatever it is, the trick did not get out
            found = False
    return found


def apart(trick: Trick) -> bool:
    """The same in a process that is ended when it takes too long, so that no trick spoils the next."""
    child = os.fork()
    if not child:
        signal.alarm(_SECONDS)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os._exit(0 if gets_out(trick) else 1)
    _, status = os.waitpid(child, 0)
    return os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.stdout.write(json.dumps({trick.name: apart(trick) for trick in TRICKS}))
