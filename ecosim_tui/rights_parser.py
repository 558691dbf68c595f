"""The part of the command line that is about runs in other processes: attach, requests, grants."""

import argparse
from typing import Any, TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[Any]"


def add_commands(commands: Commands) -> None:
    """Add the commands; `args.run` names the function that carries one out, as in the rest of the command line."""
    attach = _command(commands, "attach", "watch and steer a run that another process has open", "attach:attach")
    attach.add_argument("run_name", metavar="RUN", help="a run's name or file")
    _requests(commands)
    _grants(commands)
    _market(commands)


def _requests(commands: Commands) -> None:
    requests = _command(commands, "requests", "list and answer what agents ask for", "rights:requests")
    actions = _actions(requests)
    _listed(actions, "the requests that wait for an answer", "rights:requests")
    approve = _command(actions, "approve", "approve requests, as asked or narrower", "rights:approve")
    approve.add_argument("ids", metavar="ID", nargs="+", help="a request's number")
    approve.add_argument("--uses", metavar="N", help="so many uses instead of what was asked for")
    approve.add_argument("--ttl", metavar="TIME", help="so much time instead of what was asked for, e.g. 10m")
    approve.add_argument("--resource", metavar="PATTERN", help="on this alone instead of what was asked for")
    _limits(approve)
    deny = _command(actions, "deny", "deny requests", "rights:deny")
    deny.add_argument("ids", metavar="ID", nargs="+", help="a request's number")
    for command in (approve, deny):
        command.add_argument("--reason", metavar="TEXT", default="", help="why; the agent reads it")


def _grants(commands: Commands) -> None:
    grants = _command(commands, "grants", "list, give and revoke grants", "rights:grants")
    actions = _actions(grants)
    _listed(actions, "the grants that hold", "rights:grants")
    give = _command(actions, "give", "grant an agent what it has not asked for", "rights:give")
    give.add_argument("agent", metavar="AGENT", help="who gets it")
    give.add_argument("verb", metavar="VERB", help="what it may do, e.g. message.broadcast")
    give.add_argument("--resource", metavar="PATTERN", default="*", help="on what; everything if left out")
    give.add_argument("--uses", metavar="N", help="how often; once if left out")
    give.add_argument("--ttl", metavar="TIME", help="for how long; 10m if left out")
    _limits(give)
    revoke = _command(actions, "revoke", "end grants: their next use is refused", "rights:revoke")
    revoke.add_argument("ids", metavar="ID", nargs="+", help="a grant's number")
    for command in (give, revoke):
        command.add_argument("--reason", metavar="TEXT", default="", help="why; it is in the log")


def _market(commands: Commands) -> None:
    market = _command(commands, "market", "list and halt what trades", "market:listed")
    actions = _actions(market)
    listed = _command(actions, "list", "what trades, with the best prices", "market:listed")
    listed.add_argument("--json", action="store_true", help="print JSON")
    halt = _command(actions, "halt", "stop trading in instruments; orders can be cancelled", "market:halt")
    resume = _command(actions, "resume", "let instruments trade again", "market:resume")
    for command in (halt, resume):
        command.add_argument("instruments", metavar="INSTRUMENT", nargs="+", help="an instrument")


def _limits(command: argparse.ArgumentParser) -> None:
    text = "the most in all of a measure, e.g. scrip=50; may be repeated"
    command.add_argument("--quota", metavar="MEASURE=N", action="append", default=[], help=text)
    command.add_argument("--depth", metavar="N", help="how often it may be passed on from hand to hand")


def _actions(command: argparse.ArgumentParser) -> Commands:
    command.add_argument("run_name", metavar="RUN", help="a run's name or file")
    command.set_defaults(json=False, all=False)
    return command.add_subparsers(title="actions", metavar="ACTION")


def _listed(actions: Commands, text: str, run: str) -> None:
    listed = _command(actions, "list", text, run)
    listed.add_argument("--all", action="store_true", help="those that have come to their end, too")
    listed.add_argument("--json", action="store_true", help="print JSON")


def _command(commands: Commands, name: str, text: str, run: str) -> argparse.ArgumentParser:
    said = text[:1].upper() + text[1:] + "."
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=said)
    command.set_defaults(run=f"ecosim_tui.commands.{run}")
    return command
