"""What an operator does to the world: from keys and forms to commands, and what the answers say."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ecosim_tui.panes.base import Subject
from ecosim_tui.screens import forms
from ecosim_tui.screens.decisions import Decisions
from ecosim_tui.screens.dialogs import ConfirmDialog
from ecosim_tui.screens.prompt_dialog import PromptDialog
from ecosim_tui.widgets.text import fit
from engine import operator as ops
from engine.kernel.errors import EcosimError
from engine.view.model_types import ModelsView
from engine.view.types import AgentView, HeaderView, MarketView, RunState, Topic

if TYPE_CHECKING:
    from ecosim_tui.screens.main import MainScreen

PACES: tuple[float | None, ...] = (0.25, 0.5, *(float(2**power) for power in range(11)), None)
"""What + and - step through; None is as fast as possible."""
ASKING = frozenset(
    {
        "stop_agent",
        "message",
        "prompt",
        "set_model",
        "grant",
        "revoke",
        "approve",
        "edit",
        "deny",
        "make_rule",
        "drop_rule",
        "note",
    }
)
"""The actions that may put a question first: keys typed ahead are for that."""


def next_pace(pace: float | None, steps: int) -> float | None:
    """The pace ``steps`` faster (slower if negative) than a pace that may lie between those of the list."""
    if pace is None:
        place = len(PACES) - 1
    elif steps > 0:
        place = max((i for i, known in enumerate(PACES) if known is not None and known <= pace), default=-1)
    else:
        place = min((i for i, known in enumerate(PACES) if known is not None and known >= pace), default=len(PACES) - 1)
    return PACES[max(0, min(len(PACES) - 1, place + steps))]


class Steering:
    """Carries out the actions that change the world, one after the other, in the name of one operator."""

    def __init__(self, screen: "MainScreen", door: ops.Door, operator: str) -> None:
        self._screen = screen
        self._door = door
        self._operator = operator
        self._one_at_a_time = asyncio.Lock()
        self.decisions = Decisions(screen, door, self.send)
        self.handlers: dict[str, Callable[[Subject], Awaitable[None]]] = {
            "pause_world": self.pause_world,
            "step_world": self.step_world,
            "faster": self.faster,
            "slower": self.slower,
            "pause_agent": self.pause_agent,
            "step_agent": self.step_agent,
            "stop_agent": self.stop_agent,
            "message": self.message,
            "prompt": self.prompt,
            "set_model": self.set_model,
            "note": self.note,
            "halt": self.halt,
            **self.decisions.handlers,
        }

    async def send(self, command: ops.Command, *, quiet: bool = False) -> ops.Ack:
        """Give a command to the world, say what came of it (unless it went well and ``quiet``), and show it."""
        async with self._one_at_a_time:
            return await self._send(command, quiet)

    async def attempt(self, command: ops.Command) -> ops.Ack:
        """As `send`, but a refusal is left to the caller to tell."""
        async with self._one_at_a_time:
            return await self._send(command, quiet=False, refusals=False)

    async def _send(self, command: ops.Command, quiet: bool, refusals: bool = True) -> ops.Ack:
        try:
            ack = await self._door.command(command, self._operator)
        except EcosimError as error:
            ack = ops.Ack(False, 0, f"{type(error).__name__}: {error}")
        if not ack.ok:
            if refusals:
                self._screen.say(ack.message, "error")
        elif not quiet and ack.message:
            self._screen.say(ack.message)
        self._screen.beat()
        return ack

    def _change_pace(self, steps: int) -> None:
        # By what the header shows: keys pressed in a row each go on from the one before.
        shown = self._door.snapshot(ops.Query(Topic.HEADER))
        if shown is not None:
            self.set_pace(next_pace(_header(shown.data).pace, steps))

    def set_pace(self, scale: float | None) -> None:
        """Set the pace of world time."""
        self._door.set_pace(scale)
        self._screen.beat()

    # The world

    async def pause_world(self, _subject: Subject) -> None:
        """Pause or resume, whichever it is not."""
        async with self._one_at_a_time:
            header = _header((await self._door.fresh(ops.Query(Topic.HEADER))).data)
            paused = header.state is not RunState.RUNNING
            await self._send(ops.ResumeWorld() if paused else ops.PauseWorld(), quiet=True)

    async def step_world(self, _subject: Subject) -> None:
        """One step of every active agent."""
        await self.send(ops.StepWorld(), quiet=True)

    async def faster(self, _subject: Subject) -> None:
        """The next faster pace."""
        self._change_pace(1)

    async def slower(self, _subject: Subject) -> None:
        """The next slower pace."""
        self._change_pace(-1)

    # One agent

    async def pause_agent(self, subject: Subject) -> None:
        """Pause or resume the agent, whichever it is not."""
        async with self._one_at_a_time:
            view = await self._agent(subject.agent)
            paused = view is not None and view.row.state == "paused"
            await self._send(ops.ResumeAgent(subject.agent) if paused else ops.PauseAgent(subject.agent), quiet=True)

    async def step_agent(self, subject: Subject) -> None:
        """One step of the agent."""
        await self.send(ops.StepAgent(subject.agent), quiet=True)

    async def stop_agent(self, subject: Subject) -> None:
        """Stop the agent at once, after a question."""
        name = fit(subject.agent, 60)
        text = f"{name} is paused, its grants are revoked, its requests withdrawn, its orders cancelled."
        if await self._screen.ask(ConfirmDialog("Stop this agent now?", text, "Stop it now")):
            await self.send(ops.StopAgent(subject.agent))

    async def message(self, subject: Subject) -> None:
        """Send the agent a message."""
        values = await self._screen.ask(forms.message_form(subject.agent))
        if values is not None:
            await self.send(ops.SendMessage(subject.agent, values["body"]))

    async def prompt(self, subject: Subject) -> None:
        """Change the agent's prompt; a refused one comes back to be mended."""
        view = await self._agent(subject.agent)
        if view is None:
            self._screen.say(f"There is no agent {subject.agent}.", "error")
            return
        if not view.prompt_whole:
            self._screen.say("The prompt is too long to be changed here.", "error")
            return
        text, error = view.prompt, ""
        while True:
            written = await self._screen.ask(PromptDialog(subject.agent, text, error))
            if written is None or written == view.prompt:
                return
            ack = await self.attempt(ops.Configure(subject.agent, prompt=written))
            if ack.ok:
                return
            text, error = written, ack.message

    async def set_model(self, subject: Subject) -> None:
        """Let the agent think with another model; a refused one comes back to be mended."""
        models = (await self._door.fresh(ops.Query(Topic.MODELS))).data
        assert isinstance(models, ModelsView), "the topic of models shows a ModelsView"
        name, error = "", ""
        while True:
            form = forms.model_form(subject.agent, models.models, name, error)
            values = await self._screen.ask(form)
            if values is None:
                return
            ack = await self.attempt(ops.SetModel(subject.agent, values["model"]))
            if ack.ok:
                return
            name, error = values["model"], ack.message

    async def note(self, subject: Subject) -> None:
        """Attach a note to the commit of the event."""
        if subject.event is None:
            return
        values = await self._screen.ask(forms.note_form(subject.event))
        if values is not None:
            await self.send(ops.AttachNote(subject.event, values["text"]))

    # One market

    async def halt(self, subject: Subject) -> None:
        """Halt the instrument or let it trade again, whichever it is not."""
        async with self._one_at_a_time:
            view = (await self._door.fresh(ops.Query(Topic.MARKET))).data
            assert isinstance(view, MarketView), "the market topic shows a MarketView"
            halted = any(row.id == subject.instrument and row.halted for row in view.instruments)
            await self._send(ops.HaltInstrument(subject.instrument, not halted), quiet=False)

    async def _agent(self, agent: str) -> AgentView | None:
        view = (await self._door.fresh(ops.Query(Topic.AGENT, key=agent))).data
        assert view is None or isinstance(view, AgentView), "the agent topic shows an AgentView"
        return view


def _header(view: object) -> HeaderView:
    assert isinstance(view, HeaderView), "the header topic shows a HeaderView"
    return view
