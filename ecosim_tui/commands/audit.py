"""`ecosim audit`: who asked, who decided, what was done under each grant, and what it cost."""

import argparse

import orjson

from ecosim_tui.commands.run import whole
from ecosim_tui.paths import UsageError, find_run
from engine.audit.audit import audit as audited
from engine.audit.stories import Audit
from engine.audit.text import lines

OK = 0


def audit(args: argparse.Namespace) -> int:
    """Print the audit of a run, or of one agent or grant of it."""
    path = find_run(args.run_name)
    found = _only(audited(path), args.agent, whole("--grant", args.grant))
    if args.json:
        data = {
            "run": str(path),
            "requests": list(found.requests.values()),
            "grants": list(found.grants.values()),
            "misuses": found.misuses,
        }
        print(orjson.dumps(data).decode())
    else:
        print("\n".join(lines(found)))
    return OK


def _only(found: Audit, agent: str | None, grant: int | None) -> Audit:
    if grant is not None:
        if grant not in found.grants:
            last = f"the last is {max(found.grants)}" if found.grants else "there are none"
            raise UsageError(f"--grant: the log has no grant {grant}; {last}")
        found = found.of_grant(grant)
    if agent is None:
        return found
    only = found.of_agent(agent)
    if not (only.requests or only.grants or only.misuses):
        raise UsageError(f"--agent: {agent[:60]!r} has asked for, held and misused nothing in this run")
    return only
