"""`ecosim policy`: test a policy file, explain a decision, replay the decisions of a run."""

import argparse
from collections.abc import Iterator

import orjson

from ecosim_tui.commands.run import whole
from ecosim_tui.paths import UsageError, find_run
from engine.audit.replay import Replayed, replay
from engine.audit.stories import RequestStory
from engine.audit.text import amounts_of, counted, differences
from engine.kernel.durations import duration_text
from engine.view.words import stamp, times
from engine.worldfile import load_policy, load_world
from engine.worldfile.policies import warnings
from engine.worldfile.problems import safe

OK = 0
_OUTCOMES = {
    "approved": "would be approved",
    "denied": "would be denied",
    "asked": "a person would be asked",
    "refused": "would be refused without a request",
}


def test(args: argparse.Namespace) -> int:
    """Check a policy file; problems are raised and printed by the command line, warnings are no problems."""
    policy = load_policy(args.file)
    found = warnings(policy, load_world(args.world).world) if args.world is not None else []
    for warning in found:
        print(f"warning: {warning}")
    section = policy.section
    parts = [counted(len(section.rules), "rule"), counted(len(section.ceilings), "ceiling")]
    parts += [counted(len(found), "warning")] if found else []
    print(f"{safe(policy.file, 200)}: good ({', '.join(parts)})")
    return OK


# -- explain -------------------------------------------------------------------------------------------------------


def explain(args: argparse.Namespace) -> int:
    """Why a request was answered as it was, rule by rule."""
    number = whole("REQUEST", args.request)
    found = next((one for one in replay(find_run(args.run_name)) if one.request.request == number), None)
    if found is None:
        raise UsageError(f"the log has no request {number}; ecosim audit {args.run_name} lists those there are")
    print("\n".join(_explained(found)))
    return OK


def _explained(one: Replayed) -> Iterator[str]:
    request = one.request
    asked = f"{times(request.uses)} within {duration_text(request.ttl)}"
    quota = f", {amounts_of(request.quota)} in all" if request.quota else ""
    what = f"{request.verb} on {safe(request.resource, 160)}"
    yield f"request {request.request}: {safe(request.requester)} asks for {what}"
    yield f"  {stamp(request.asked_at)}  {asked}{quota}, approvals {one.mode}"
    if one.mode not in ("ask", "policy"):
        yield f"  no rule is looked at: every request gets the same answer under approvals {one.mode}"
    before = True
    for traced in one.trace:
        rule, why = traced.rule, traced.why_not
        if why is None:
            why = "matches, the first to do so" if before else "matches, after another"
            before = False
        yield f"  {rule.effect:5}  {safe(rule.name, 60)}: {safe(why, 200)}"
    if not one.trace:
        yield "  there are no rules"
    yield f"policy: {_said(one)}"
    yield f"run:    {_decided(request)}"


def _said(one: Replayed) -> str:
    said = one.verdict
    narrowed = f", narrowed: {differences(said.narrowed)}" if said.narrowed else ""
    reason = f": {safe(said.reason, 200)}" if said.reason else ""
    return f"{_OUTCOMES[said.outcome]} by {safe(said.by, 200)}{narrowed}{reason}"


def _decided(request: RequestStory) -> str:
    if request.state == "pending":
        return "pending"
    by = f" by {safe(request.decided_by)}" if request.decided_by else ""
    narrowed = f", narrowed: {differences(request.narrowed)}" if request.narrowed else ""
    reason = f": {safe(request.decision_reason, 160)}" if request.decision_reason else ""
    return f"{request.state}{by}{narrowed}{reason}"


# -- replay --------------------------------------------------------------------------------------------------------


def replayed(args: argparse.Namespace) -> int:
    """What was decided in a run, and what its policy or that of a file says to the same requests."""
    path = find_run(args.run_name)
    policy = load_policy(args.policy) if args.policy is not None else None
    found = list(replay(path, policy))
    if args.json:
        rows = [
            {"request": one.request, "approvals": one.mode, "verdict": one.verdict, "differs": one.differs}
            for one in found
        ]
        print(orjson.dumps(rows).decode())
        return OK
    for one in found:
        request = one.request
        who = f"{safe(request.requester)} {request.verb} on {safe(request.resource, 60)}"
        print(f"{'≠' if one.differs else ' '} {request.request:>5}  {stamp(request.asked_at)}  {who}")
        print(f"          {_decided(request)}")
        if one.differs:
            print(f"          {_said(one)}")
    print(f"{counted(len(found), 'request')}, {sum(one.differs for one in found):,} would be answered otherwise")
    return OK
