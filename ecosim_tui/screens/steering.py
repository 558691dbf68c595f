"""What an operator does to the world: from keys and forms to commands, and what the answers say."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ecosim_tui.panes.base import Subject
from ecosim_tui.panes.inbox import InboxPane
from ecosim_tui.screens import forms
from ecosim_tui.screens.dialogs import ConfirmDialog
from ecosim_tui.widgets.text import fit
from engine import operator as ops
from engine.kernel.errors import EcosimError
from engine.view.types import AgentView, GrantRow, HeaderView, Page, RequestRow, RunState, Topic

if TYPE_CHECKING:
    from ecosim_tui.screens.main import MainScreen

PACES: tuple[float | None, ...] = (0.25, 0.5, *(float(2**power) for power in range(11)), None)
"""What + and - step through; None is as fast as possible."""
_RISKY = "high"
ASKING = frozenset({"stop_agent", "message", "grant", "revoke", "approve", "edit", "deny", "note"})
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
        self.handlers: dict[str, Callable[[Subject], Awaitable[None]]] = {
            "pause_world": self.pause_world,
            "step_world": self.step_world,
            "faster": self.faster,
            "slower": self.slower,
            "pause_agent": self.pause_agent,
            "step_agent": self.step_agent,
            "stop_agent": self.stop_agent,
            "message": self.message,
            "grant": self.grant,
            "revoke": self.revoke,
            "approve": self.approve,
            "edit": self.edit,
            "deny": self.deny,
            "note": self.note,
        }

    async def send(self, command: ops.Command, *, quiet: bool = False) -> ops.Ack:
        """Give a command to the world, say what came of it (unless it went well and ``quiet``), and show it."""
        async with self._one_at_a_time:
            return await self._send(command, quiet)

    async def _send(self, command: ops.Command, quiet: bool) -> ops.Ack:
        try:
            ack = await self._door.command(command, self._operator)
        except EcosimError as error:
            ack = ops.Ack(False, 0, f"{type(error).__name__}: {error}")
        if not ack.ok:
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

    async def grant(self, subject: Subject) -> None:
        """Grant the agent something that it has not asked for."""
        verbs = (await self._door.fresh(ops.Query(Topic.VERBS))).data
        assert isinstance(verbs, Page), "verbs are shown in a page"
        values = await self._screen.ask(forms.grant_form(subject.agent, verbs.rows))
        if values is not None:
            await self.send(forms.grant_of(subject.agent, values))

    # Requests and grants

    async def approve(self, subject: Subject) -> None:
        """Approve the request as asked."""
        row = self._decidable(subject)
        if row is None:
            return
        if row.risk == _RISKY and await self._screen.ask(forms.risk_form(row)) is None:
            return
        await self._decide(row, ops.Approve(row.id), "approved")

    async def edit(self, subject: Subject) -> None:
        """Approve less than was asked for."""
        row = self._decidable(subject)
        values = None if row is None else await self._screen.ask(forms.edit_form(row))
        if row is None or values is None:
            return
        if row.risk == _RISKY and await self._screen.ask(forms.risk_form(row)) is None:
            return
        await self._decide(row, forms.approval_of(row, values), "approved")

    async def deny(self, subject: Subject) -> None:
        """Deny the request, with a reason."""
        row = self._decidable(subject)
        values = None if row is None else await self._screen.ask(forms.deny_form(row))
        if row is not None and values is not None:
            await self._decide(row, ops.Deny(row.id, values["reason"]), "denied")

    async def revoke(self, subject: Subject) -> None:
        """End the grant, with a reason."""
        page = (await self._door.fresh(ops.Query(Topic.GRANTS, count=2_000))).data
        assert isinstance(page, Page), "grants are shown in pages"
        row = next((one for one in page.rows if isinstance(one, GrantRow) and one.id == subject.grant), None)
        if row is None:
            self._screen.say(f"Grant #{subject.grant} does not hold any more.", "warning")
            return
        values = await self._screen.ask(forms.revoke_form(row.id, row.holder, row.verb))
        if values is not None:
            await self.send(ops.RevokeGrant(row.id, values["reason"]))

    async def note(self, subject: Subject) -> None:
        """Attach a note to the commit of the event."""
        if subject.event is None:
            return
        values = await self._screen.ask(forms.note_form(subject.event))
        if values is not None:
            await self.send(ops.AttachNote(subject.event, values["text"]))

    def _decidable(self, subject: Subject) -> RequestRow | None:
        """The request of a subject if its card can be read and it may be decided now; else the operator is told why."""
        pane = self._screen.focused_pane
        if not isinstance(pane, InboxPane) or pane.request is None or pane.request.id != subject.request:
            return None
        row = pane.request
        if pane.recording(row.id):
            self._screen.say(f"The decision about request #{row.id} is being recorded.", "warning")
        elif pane.is_dead_time:
            self._screen.say(f"The selection has just moved to request #{row.id}; press again to decide it.", "warning")
        elif not pane.is_card_readable:
            self._screen.open_request(row.id)
            self._screen.say("Read the card, then decide.")
        else:
            return row
        self._screen.typed.drop()
        return None

    async def _decide(self, row: RequestRow, command: ops.Approve | ops.Deny, what: str) -> None:
        """Record a decision; until it is durable every inbox says so."""
        self._screen.typed.release()
        for pane in self._screen.inboxes:
            pane.record(row.id, what)
        try:
            ack = await self.send(command, quiet=True)
        finally:
            for pane in self._screen.inboxes:
                pane.record(row.id, "")
        if ack.ok:
            self._screen.say(f"#{row.id} {what}.")

    async def _agent(self, agent: str) -> AgentView | None:
        view = (await self._door.fresh(ops.Query(Topic.AGENT, key=agent))).data
        assert view is None or isinstance(view, AgentView), "the agent topic shows an AgentView"
        return view


def _header(view: object) -> HeaderView:
    assert isinstance(view, HeaderView), "the header topic shows a HeaderView"
    return view
