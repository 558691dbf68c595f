"""The command line: it only parses; what a command needs is imported when the command runs."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import NoReturn

from ecosim_tui.interruption import INTERRUPTED
from ecosim_tui.plain import complain
from ecosim_tui.rights_parser import add_commands
from engine.kernel.errors import EcosimError
from engine.store.errors import RunUnverified, StoreFailed

DONE, FAILED, USAGE, UNHEALTHY = 0, 1, 2, 3
_EPILOG = "Without a command, ecosim opens the console on the bundled world `bazaar`."


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code (0 done, 1 failed, 2 bad usage or input, 3 unhealthy, 130 interrupted)."""
    parser = build_parser()
    given = list(sys.argv[1:] if argv is None else argv)
    args = parser.parse_args(given or ["run", "bazaar"])
    module, function = args.run.split(":")
    try:
        code: int = getattr(import_module(module), function)(args)
    except BrokenPipeError:
        # The reader of a pipe has gone; there is nobody left to tell.
        sys.stderr.close()
        return DONE
    except (StoreFailed, RunUnverified) as error:
        complain(str(error))
        return FAILED
    except EcosimError as error:
        complain(str(error))
        return USAGE
    except KeyboardInterrupt:
        complain("interrupted; nothing was left half done")
        return INTERRUPTED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        complain(f"{where}{error.strerror or error}; check the path, the disk and your rights")
        return USAGE
    return code


class Parser(argparse.ArgumentParser):
    """Says what is wrong with a command line as everything else does: in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Say it and exit."""
        complain(f"{message}; see `{self.prog} --help`")
        sys.exit(USAGE)


def filled(text: str) -> str:
    """The value of an argument; an empty one is most often a variable of a script that was not set."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def build_parser() -> Parser:
    """The parser of all commands; `args.run` names the function that carries one out."""
    parser = Parser(
        prog="ecosim",
        description="Run, watch and steer an ecology of autonomous agents.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"ecosim {version('ecosim')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _run(commands)
    _worlds(commands)
    _runs(commands)
    add_commands(commands)
    _store(commands)
    _audit(commands)
    _report(commands)
    _policy(commands)
    _models(commands)
    doctor = _command(commands, "doctor", "what is installed, what is missing and how to get it", "doctor:doctor")
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    bench = _command(commands, "bench", "measure, as ratios against limits of this machine", "bench:bench")
    bench.add_argument("--json", action="store_true", help="print one JSON array")
    bench.add_argument("--short", action="store_true", help="a few seconds of it, to see that it runs")
    bench.add_argument("names", nargs="*", type=filled, metavar="NAME", help="only these measurements")
    return parser


def _command(commands: "argparse._SubParsersAction[Parser]", name: str, text: str, run: str) -> Parser:
    command = commands.add_parser(name, help=text, description=text[:1].upper() + text[1:] + ".")
    command.set_defaults(run=f"ecosim_tui.commands.{run}")
    return command


def _run(commands: "argparse._SubParsersAction[Parser]") -> None:
    run = _command(commands, "run", "open a world, a world file, or an existing run", "run:run")
    run.add_argument(
        "world",
        nargs="?",
        type=filled,
        metavar="WORLD|RUN",
        help="a bundled world, a world file, or a run (.db) to go on with",
    )
    run.add_argument(
        "--replay-thoughts",
        dest="replay",
        type=filled,
        metavar="RUN",
        help="models answer what they answered in RUN; without WORLD, all of RUN happens again, to the same hash",
    )
    run.add_argument("--headless", action="store_true", help="no screen: progress on stderr, result on stdout")
    run.add_argument(
        "--for",
        dest="duration",
        type=filled,
        metavar="TIME",
        help="stop at this world time, counted from time zero: 90s, 20m",
    )
    run.add_argument("--actions", type=filled, metavar="N", help="stop at so many actions, counted from time zero")
    run.add_argument(
        "--clock", type=filled, metavar="CLOCK", help="wall, virtual, or a pace such as 4x (headless: virtual)"
    )
    run.add_argument("--seed", type=filled, metavar="N", help="the seed of all randomness")
    run.add_argument(
        "--set", dest="sets", action="append", default=[], type=filled, metavar="KEY=VALUE", help="override a setting"
    )
    run.add_argument("--model", type=filled, metavar="MODEL", help="agents think with provider/model, or with local")
    run.add_argument("--agents", type=filled, metavar="N", help="scale the groups of agents to N agents in all")
    run.add_argument(
        "--db", type=filled, metavar="FILE", help="where to keep the run (default: the user's data directory)"
    )
    run.add_argument(
        "--approvals",
        choices=("ask", "policy", "deny", "allow"),
        help="who answers capability requests (console: ask; headless: policy, then deny)",
    )
    run.add_argument(
        "--policy", type=filled, metavar="FILE", help="a policy file, merged into the world of the new run"
    )
    run.add_argument(
        "--notify",
        choices=("off", "bell", "desktop"),
        default="off",
        help="how the terminal calls you to a new request",
    )
    run.add_argument(
        "--fail-on",
        choices=("warning", "critical"),
        help="headless: stop at the first health report that is so bad or worse, with exit code 3",
    )
    _output(run)


def _output(run: Parser) -> None:
    run.add_argument("--json", action="store_true", help="the result as one JSON object, the last line of stdout")
    run.add_argument(
        "--events", type=filled, metavar="FILE", help="stream durable events as JSON lines to FILE, or - for stdout"
    )


def _worlds(commands: "argparse._SubParsersAction[Parser]") -> None:
    worlds = _command(commands, "worlds", "list, show, check and make world files", "worlds:listed")
    actions = worlds.add_subparsers(title="actions", metavar="ACTION")
    listed = _command(actions, "list", "the bundled worlds", "worlds:listed")
    listed.add_argument("--json", action="store_true", help="print JSON")
    worlds.set_defaults(json=False)
    show = _command(actions, "show", "what a world consists of", "worlds:show")
    check = _command(actions, "check", "whether a world file is good, and if not, where and why", "worlds:check")
    for command in (show, check):
        command.add_argument("world", type=filled, metavar="WORLD", help="a bundled world or a world file")
        command.add_argument("--set", dest="sets", action="append", default=[], type=filled, metavar="KEY=VALUE")
        command.add_argument("--agents", type=filled, metavar="N", help="scale the groups of agents to N agents in all")
    show.add_argument("--toml", action="store_true", help="print the world file itself")
    new = _command(actions, "new", "write a commented world file to begin with", "worlds:new")
    new.add_argument("file", type=filled, metavar="FILE", help="the file to write; it must not exist")
    _command(actions, "schema", "the JSON Schema of world files", "worlds:schema")


def _models(commands: "argparse._SubParsersAction[Parser]") -> None:
    models = commands.add_parser("models", help="list the language models of a world, check that they answer")
    actions = models.add_subparsers(title="actions", metavar="ACTION", required=True)
    listed = _command(actions, "list", "models with their keys, prices and limits", "models:listed")
    check = _command(actions, "check", "whether models answer: one tiny call of each", "models:check")
    for command in (listed, check):
        command.add_argument("world", nargs="?", type=filled, metavar="WORLD", help="a bundled world or a world file")
    check.add_argument("name", nargs="?", type=filled, metavar="NAME", help="only this model of the world")
    for command in (listed, check):
        command.add_argument("--model", type=filled, metavar="MODEL", help="a model of no world, as LiteLLM names it")
        command.add_argument(
            "--api-base", type=filled, metavar="URL", help="where that model is, if not at its provider"
        )
        command.add_argument("--api-key-env", type=filled, metavar="VARIABLE", help="the variable that holds its key")
        command.add_argument("--json", action="store_true", help="print one JSON array")


def _runs(commands: "argparse._SubParsersAction[Parser]") -> None:
    runs = _command(commands, "runs", "list, show and remove runs", "runs:listed")
    actions = runs.add_subparsers(title="actions", metavar="ACTION")
    listed = _command(actions, "list", "the runs in the user's data directory", "runs:listed")
    listed.add_argument("--json", action="store_true", help="print JSON")
    runs.set_defaults(json=False)
    show = _command(actions, "show", "what is known of a run", "runs:show")
    show.add_argument("run_name", type=filled, metavar="RUN", help="a run's name or file")
    show.add_argument("--json", action="store_true", help="print JSON")
    remove = _command(actions, "rm", "remove a run for good", "runs:remove")
    remove.add_argument("run_name", type=filled, metavar="RUN", help="a run's name or file")
    remove.add_argument("--yes", action="store_true", help="do not ask")


def _store(commands: "argparse._SubParsersAction[Parser]") -> None:
    verify = _command(commands, "verify", "prove hash chain, conservation, and state = fold of the log", "store:verify")
    verify.add_argument("run_name", type=filled, metavar="RUN", help="a run's name or file")
    verify.add_argument("--rerun", action="store_true", help="run it again and compare the hashes")
    verify.add_argument("--json", action="store_true", help="print JSON")
    backup = _command(commands, "backup", "a consistent copy of a run, live or not", "store:backup")
    backup.add_argument("run_name", type=filled, metavar="RUN", help="a run's name or file")
    backup.add_argument("file", type=filled, metavar="FILE", help="the file to write; it must not exist")
    restore = _command(commands, "restore", "check a backup and make a run of it", "store:restore")
    restore.add_argument("backup", type=filled, metavar="BACKUP", help="the backup")
    restore.add_argument("file", type=filled, metavar="FILE", help="the run to write; it must not exist")
    archive = _command(
        commands,
        "archive",
        "move old commits of a run into compressed files beside it, or put them back",
        "store:archive",
    )
    archive.add_argument("run_name", type=filled, metavar="RUN", help="a run's name or file")
    archive.add_argument("--keep", type=filled, metavar="TIME", help="keep this much world time, e.g. 24h")
    archive.add_argument("--events", type=filled, metavar="N", help="keep so many events")
    archive.add_argument("--bytes", type=filled, metavar="N", help="keep the database below so many bytes")
    archive.add_argument(
        "--into", type=filled, metavar="FILE", help="archive nothing; write all of the run into one new database"
    )


def _audit(commands: "argparse._SubParsersAction[Parser]") -> None:
    audit = _command(
        commands, "audit", "who asked, who decided, what was done under each grant, its cost", "audit:audit"
    )
    audit.add_argument("run_name", type=filled, metavar="RUN", help="a run's name or file")
    audit.add_argument(
        "--agent", type=filled, metavar="AGENT", help="only what this agent asked for, held or passed on"
    )
    audit.add_argument("--grant", metavar="N", help="only this grant and those derived from it")
    audit.add_argument("--json", action="store_true", help="print one JSON object")


def _report(commands: "argparse._SubParsersAction[Parser]") -> None:
    report = _command(commands, "report", "key figures and health of a run, for people or programs", "report:report")
    report.add_argument("run_name", type=filled, metavar="RUN", help="a run's name or file")
    report.add_argument(
        "--format", choices=("text", "json", "html"), default="text", help="html is one page that needs nothing else"
    )
    report.add_argument("--output", type=filled, metavar="FILE", help="write it there instead of printing it")


def _policy(commands: "argparse._SubParsersAction[Parser]") -> None:
    policy = commands.add_parser("policy", help="test policy files, explain and replay decisions")
    actions = policy.add_subparsers(title="actions", metavar="ACTION", required=True)
    test = _command(actions, "test", "whether a policy file is good, and what in it has no effect", "policy:test")
    test.add_argument("file", type=filled, metavar="FILE", help="a policy file")
    test.add_argument(
        "--world", type=filled, metavar="WORLD", help="a bundled world or a world file that it is meant for"
    )
    explain = _command(actions, "explain", "why a request was answered as it was, rule by rule", "policy:explain")
    explain.add_argument("run_name", type=filled, metavar="RUN", help="a run's name or file")
    explain.add_argument("request", type=filled, metavar="REQUEST", help="the number of a request")
    again = _command(actions, "replay", "what a policy says to every request of a run", "policy:replayed")
    again.add_argument("run_name", type=filled, metavar="RUN", help="a run's name or file")
    again.add_argument("--policy", type=filled, metavar="FILE", help="a policy file, merged into the run's own policy")
    again.add_argument("--json", action="store_true", help="print one JSON array")
