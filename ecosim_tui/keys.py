"""The one registry of what an operator can press: bindings, footer, palette, help and docs/keys.md come from here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding
from textual.keys import format_key


class Group(StrEnum):
    """Under which heading an action is explained."""

    WORLD = "The world"
    AGENT = "The agent under the cursor"
    REQUESTS = "Requests and grants"
    LOOK = "Looking closer"
    MOVE = "Moving about"
    VIEWS = "Views"
    GENERAL = "Anywhere"


class Context(StrEnum):
    """What must be under the cursor, or focused, for an action to make sense."""

    ANYWHERE = "anywhere"
    AGENT = "an agent"
    REQUEST = "a pending request"
    ASKED = "a request"
    GRANT = "a grant"
    RULE = "a rule that an operator made"
    EVENT = "an event"
    INSTRUMENT = "an instrument"
    TABLE = "a table"
    LOG = "the event log"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing an operator can do; ``keys`` as one writes them (``+``, ``K``, ``ctrl+p``).

    ``footer`` orders the footer, smaller first, 0 leaves it out, and ``short`` is the name there. ``bound`` is false
    where the focused widget itself listens for the keys (moving in a table); such an action is explained and
    rebindable, but not offered as a command.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    group: Group
    context: Context = Context.ANYWHERE
    footer: int = 0
    short: str = ""
    bound: bool = True

    @property
    def hint(self) -> str:
        """Its name in the footer, where space is dear."""
        return self.short or self.label


def _view(number: int, name: str, shows: str) -> Action:
    label = "KPIs" if name == "kpis" else name.capitalize()
    return Action(name, (str(number),), label, f"Show {shows}.", Group.VIEWS)


_W, _A, _R, _L, _M, _G = Group.WORLD, Group.AGENT, Group.REQUESTS, Group.LOOK, Group.MOVE, Group.GENERAL

ACTIONS: tuple[Action, ...] = (
    Action("pause_world", ("space",), "Pause/resume all", "Pause the whole world, or let it go on.", _W, footer=9,
           short="Pause all"),
    Action("step_world", ("S",), "Step all", "With the world paused: every active agent does one step.", _W, footer=33),
    Action("faster", ("+", "="), "Faster", "Double the pace of world time; past 1024x it is as fast as possible.", _W),
    Action("slower", ("-",), "Slower", "Halve the pace of world time.", _W),
    Action("pause_agent", ("p",), "Pause agent", "Pause the agent before its next action, or let it go on.", _A,
           Context.AGENT, 2, "Pause"),
    Action("step_agent", ("s",), "Step agent", "Let the agent do one step now, paused or not.", _A,
           Context.AGENT, 3, "Step"),
    Action("stop_agent", ("K",), "Stop now", "Stop the agent at once: pause it, revoke its grants, withdraw its"
           " requests, cancel its orders. Asks first.", _A, Context.AGENT, 4, "Stop"),
    Action("grant", ("g",), "Grant", "Give the agent a capability that it has not asked for.", _A, Context.AGENT, 8),
    Action("message", ("m",), "Message", "Send the agent a message.", _A, Context.AGENT, 12),
    Action("thoughts", ("t",), "Thoughts", "Show what the agent has asked language models, and what came of it.", _A,
           Context.AGENT, 9),
    Action("prompt", ("P",), "Prompt", "Change the agent's prompt: its next thought has it, one under way is void.",
           _A, Context.AGENT, 13),
    Action("set_model", ("M",), "Model", "Let the agent think with another language model from its next thought on.",
           _A, Context.AGENT, 13),
    Action("approve", ("a",), "Approve", "Approve the request as asked; high risk asks for a typed confirmation.", _R,
           Context.REQUEST, 1),
    Action("edit", ("e",), "Edit", "Narrow the request (resource, uses, time, quota, depth), then approve it.", _R,
           Context.REQUEST, 1),
    Action("deny", ("x",), "Deny", "Deny the request with a reason that the agent will read.", _R, Context.REQUEST, 1),
    Action("mark", ("v",), "Mark", "Mark the line: approving and denying are then about all that is marked.", _R,
           Context.REQUEST, 2),
    Action("undo", ("u",), "Undo", "Within ten seconds: revoke what you approved last. Both stay in the record.", _R),
    Action("make_rule", ("r",), "Rule", "Make a rule of the request: shows it first, and it answers from then on.", _R,
           Context.ASKED, 2),
    Action("drop_rule", ("d",), "Drop rule", "Take back a rule that an operator has made.", _R, Context.RULE, 1),
    Action("revoke", ("R",), "Revoke", "End the grant and all that was derived from it: the next use is refused. Asks"
           " for a reason.", _R, Context.GRANT, 1),
    Action("halt", ("H",), "Halt/resume", "Halt trading in the instrument, or let it go on.", _L,
           Context.INSTRUMENT, 7),
    Action("candles", ("c",), "Candles", "Draw candles of the next width: 10 s, 1 min, 10 min, 1 h.", _L,
           Context.INSTRUMENT, 8),
    Action("table.open", ("enter",), "Open", "Open what is under the cursor.", _L, Context.TABLE, 14, bound=False),
    Action("back", ("escape",), "Back", "Close a prompt, a zoom or a detail.", _L, footer=41),
    Action("filter", ("/",), "Filter", "Show only rows that contain a text.", _L, Context.TABLE, 15),
    Action("sort", ("o",), "Sort", "Order the table by the next column, or by the other end.", _L, Context.TABLE, 16),
    Action("follow", ("f",), "Follow", "Follow the newest events, or hold still.", _L, Context.LOG, 5),
    Action("note", ("n",), "Note", "Attach a note to the event.", _L, Context.EVENT, 6),
    Action("zoom", ("z",), "Zoom", "Give one pane the whole screen, or take it back.", _L, footer=30),
    Action("copy", ("y",), "Copy", "Copy what is under the cursor to the clipboard.", _L, footer=32),
    Action("next_pane", ("tab",), "Next pane", "Go to the next pane.", _M, footer=31),
    Action("previous_pane", ("shift+tab",), "Previous pane", "Go to the previous pane.", _M),
    Action("table.up", ("up", "k"), "Up", "One row up.", _M, Context.TABLE, bound=False),
    Action("table.down", ("down", "j"), "Down", "One row down.", _M, Context.TABLE, bound=False),
    Action("table.left", ("left", "h"), "Left", "Scroll to the left.", _M, Context.TABLE, bound=False),
    Action("table.right", ("right", "l"), "Right", "Scroll to the right.", _M, Context.TABLE, bound=False),
    Action("table.page_up", ("pageup",), "Page up", "One page up.", _M, Context.TABLE, bound=False),
    Action("table.page_down", ("pagedown",), "Page down", "One page down.", _M, Context.TABLE, bound=False),
    Action("table.first", ("home",), "First row", "The first row.", _M, Context.TABLE, bound=False),
    Action("table.last", ("end",), "Last row", "The last row.", _M, Context.TABLE, bound=False),
    _view(1, "overview", "agents, order book, figures, requests and events on one screen"),
    _view(2, "agents", "all agents"),
    _view(3, "artifacts", "all artifacts"),
    _view(4, "market", "order books, trades, escrow and auctions"),
    _view(5, "mint", "bids, the countdown and past resolutions"),
    _view(6, "kpis", "the health figures, a chart of one, wealth, and the auditor's report"),
    _view(7, "requests", "pending requests, grants, past decisions and rules"),
    _view(8, "events", "the live event log"),
    _view(9, "ledger", "conservation, loans, accounts and postings"),
    _view(0, "models", "the language models: calls, spending, latency, what went wrong"),
    Action("command", (":",), "Command", "Type a command: fund, message, halt, configure, approvals, stop …", _G,
           footer=40),
    Action("help", ("?", "f1"), "Help", "Explain all keys.", _G, footer=10),
    Action("palette", ("ctrl+p",), "Palette", "Search all commands by name.", _G, footer=42),
    Action("theme", (), "Dark/light", "Change between the dark and the light theme.", _G),
    Action("quit", ("q",), "Quit", "Close the console; everything that happened is on disk.", _G, footer=11),
)  # fmt: skip
BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}
VIEWS: tuple[str, ...] = tuple(action.id for action in ACTIONS if action.group is Group.VIEWS)


class Keymap:
    """The keys that hold: those of the registry, except where ``overrides`` (action id → keys) say otherwise."""

    def __init__(self, overrides: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.overrides = dict(overrides or {})

    def keys(self, action_id: str) -> tuple[str, ...]:
        """All keys of an action."""
        return self.overrides.get(action_id, BY_ID[action_id].keys)

    def display(self, action_id: str) -> str:
        """The first key of an action as the screen shows it; empty if it has none."""
        keys = self.keys(action_id)
        return shown(keys[0]) if keys else ""

    def textual(self) -> dict[str, str]:
        """The overrides as Textual's keymap."""
        return {action_id: ",".join(keys) for action_id, keys in self.overrides.items()}

    def conflicts(self) -> list[tuple[str, str, str]]:
        """(key, action, action) for each key that would mean two things."""
        owners: dict[str, str] = {}
        found = []
        for action in ACTIONS:
            for key in self.keys(action.id):
                other = owners.setdefault(key, action.id)
                if other != action.id:
                    found.append((key, other, action.id))
        return found


def shown(key: str) -> str:
    """A key as people read it: ``ctrl+p``, ``+``, ``esc``."""
    return key if len(key) == 1 else "+".join([*key.split("+")[:-1], format_key(key.split("+")[-1])])


def bindings(actions: Iterable[Action] = ACTIONS) -> list[Binding]:
    """Textual bindings of the actions that the main screen listens for; their ids make them rebindable."""
    return [
        Binding(",".join(action.keys), f"perform('{action.id}')", action.label, show=False, id=action.id)
        for action in actions
        if action.bound and action.keys
    ]
