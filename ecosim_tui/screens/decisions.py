"""What an operator decides about capabilities: from keys and forms to commands, bound to what was shown."""

import asyncio
import time
import tomllib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ecosim_tui.fatigue import Fatigue
from ecosim_tui.panes.base import Subject
from ecosim_tui.panes.inbox import InboxPane
from ecosim_tui.panes.request_card import alike_key
from ecosim_tui.paths import policies_folder
from ecosim_tui.screens import forms
from ecosim_tui.screens.dialogs import ConfirmDialog
from ecosim_tui.widgets.text import fit
from engine import operator as ops
from engine.kernel.errors import EcosimError
from engine.view.types import GrantRow, HeaderView, Page, RequestRow, Topic, VerbRow

if TYPE_CHECKING:
    from ecosim_tui.screens.main import MainScreen

_RISKY = "high"
UNDO_S = 10.0
"""Seconds for which an approval can be taken back by one key."""


class Send(Protocol):
    """Gives a command to the world, says what came of it unless it went well and `quiet`, and shows it."""

    def __call__(self, command: ops.Command, *, quiet: bool = False) -> Awaitable[ops.Ack]: ...


class Decisions:
    """Carries out the actions about requests, grants and rules."""

    def __init__(self, screen: "MainScreen", door: ops.Door, send: Send) -> None:
        self._screen = screen
        self._door = door
        self._send = send
        self._approved: tuple[float, tuple[int, ...]] = (0.0, ())
        self.seconds: Callable[[], float] = time.monotonic
        self.fatigue = Fatigue()
        self.handlers: dict[str, Callable[[Subject], Awaitable[None]]] = {
            "grant": self.grant,
            "revoke": self.revoke,
            "approve": self.approve,
            "edit": self.edit,
            "deny": self.deny,
            "mark": self.mark,
            "undo": self.undo,
            "make_rule": self.make_rule,
            "drop_rule": self.drop_rule,
        }

    # Requests

    async def approve(self, subject: Subject) -> None:
        """Approve the requests chosen as they are asked."""
        pane, rows = await self._decidable(subject)
        if pane is None or not rows:
            return
        rows = rows[: forms.LISTED]  # nobody approves what they have not been shown
        if await self._agreed(rows):
            await self._decide(pane, rows, [ops.Approve(row.id, payload=row.digest or None) for row in rows])

    async def _agreed(self, rows: Sequence[RequestRow]) -> bool:
        """High risk is typed, several are looked at once more; one request has its card."""
        if any(row.risk == _RISKY for row in rows):
            return await self._screen.ask(forms.risk_form(rows)) is not None
        if len(rows) == 1:
            return True
        dialog = ConfirmDialog(f"Approve {forms.several(rows)}?", forms.listed(rows), "Approve all of them")
        answer = await self._screen.ask(dialog)
        return bool(answer)

    async def edit(self, subject: Subject) -> None:
        """Approve less than was asked for; what would be more comes back with the engine's sentence."""
        pane, rows = await self._decidable(subject)
        if pane is None or not rows:
            return
        if len(rows) > 1:
            self._screen.typed.drop()
            self._screen.say("Narrowing is about one request: open the line with enter, or take the marks back.")
            return
        row, values, error = rows[0], forms.NOTHING, ""
        while True:
            filled = await self._screen.ask(forms.edit_form(row, values, error))
            if filled is None or (row.risk == _RISKY and await self._screen.ask(forms.risk_form(rows)) is None):
                return
            ack = await self._decide(pane, rows, [forms.approval_of(row, filled)])
            if ack.ok:
                return
            values, error = filled, ack.message

    async def deny(self, subject: Subject) -> None:
        """Deny the requests chosen, with a reason."""
        pane, rows = await self._decidable(subject)
        if pane is None or not rows:
            return
        values = await self._screen.ask(forms.deny_form(rows))
        if values is not None:
            await self._decide(pane, rows, [ops.Deny(row.id, values["reason"]) for row in rows])

    async def mark(self, _subject: Subject) -> None:
        """Mark the line under the cursor, or take the mark back."""
        pane = self._screen.focused_pane
        if isinstance(pane, InboxPane):
            pane.toggle_mark()

    async def _decidable(self, subject: Subject) -> tuple[InboxPane | None, list[RequestRow]]:
        """The requests chosen if their card can be read and they may be decided now; else the operator is told why."""
        pane = self._screen.focused_pane
        if not isinstance(pane, InboxPane) or pane.request is None or pane.request.id != subject.request:
            return None, []
        row = pane.request
        if pane.recording(row.id):
            self._screen.say(f"The decision about request #{row.id} is being recorded.", "warning")
        elif pane.is_dead_time:
            self._screen.say(f"The selection has just moved to request #{row.id}; press again to decide it.", "warning")
        elif not pane.is_card_readable:
            if pane.current is not None:
                self._screen.open_inbox(pane.current.key)
            self._screen.say("Read the card, then decide.")
        else:
            # One is decided as its card shows it; several as the question that comes now shows them.
            rows = [row] if pane.chosen == (row.id,) else await self._requests(pane.chosen)
            return pane, [one for one in rows if one.state == "pending"]
        self._screen.typed.drop()
        return None, []

    async def _decide(
        self, pane: InboxPane, rows: Sequence[RequestRow], commands: Sequence[ops.Approve | ops.Deny]
    ) -> ops.Ack:
        """Record decisions; until each is durable every inbox says so. The answer is the last one's."""
        self._screen.typed.release()
        approved, seconds = isinstance(commands[0], ops.Approve), pane.seconds_shown
        what = "approved" if approved else "denied"
        done: list[int] = []
        ack = ops.Ack(False, 0, "")
        for row, command in zip(rows, commands, strict=True):
            ack = await self._record(row, command, what)
            if ack.ok:
                done.append(row.id)
                self.fatigue.note(alike_key(row), row.risk, approved, seconds)
        pane.clear_marks()
        if done:
            await self._say_done(done, what, ack if len(rows) == 1 else None)
            await self._after(rows, done, approved)
        return ack

    async def _record(self, row: RequestRow, command: ops.Command, what: str) -> ops.Ack:
        for pane in self._screen.inboxes:
            pane.record(row.id, what)
        try:
            return await self._send(command, quiet=True)
        finally:
            for pane in self._screen.inboxes:
                pane.record(row.id, "")

    async def _say_done(self, done: list[int], what: str, ack: ops.Ack | None) -> None:
        pending = [row for row in await self._requests(tuple(done)) if row.state == "pending"]
        if pending and ack is not None:
            self._screen.say(ack.message)  # it takes another person's consent as well
        elif len(done) == 1:
            self._screen.say(f"#{done[0]} {what}.")
        else:
            self._screen.say(f"{len(done):,} requests {what}.")

    async def _after(self, rows: Sequence[RequestRow], done: list[int], approved: bool) -> None:
        """Remember what can be undone, and offer a rule for what is approved again and again."""
        if not approved:
            return
        given = tuple(row.grant for row in await self._requests(tuple(done)) if row.grant is not None)
        self._approved = (self.seconds(), given)
        if any(row.id in done and self.fatigue.offers_rule(alike_key(row)) for row in rows):
            self._screen.say("Five alike approved: r on the next of them, or under Decided, makes a rule of it.")

    async def undo(self, _subject: Subject) -> None:
        """Revoke what was approved in the last ten seconds; the approval and the revoking stay in the record."""
        at, given = self._approved
        if not given or self.seconds() - at > UNDO_S:
            self._screen.say("Nothing was approved in the last ten seconds; R on a grant revokes it.", "warning")
            return
        self._approved = (0.0, ())
        for grant in given:
            ack = await self._send(ops.RevokeGrant(grant, "undone"), quiet=True)
            if not ack.ok:
                self._screen.say(f"Too late to undo: {ack.message}; what was done under it stands.", "warning")

    # Grants

    async def grant(self, subject: Subject) -> None:
        """Give the agent a capability."""
        verbs = [row for row in (await self._page(ops.Query(Topic.VERBS))).rows if isinstance(row, VerbRow)]
        values, error = forms.NOTHING, ""
        while True:
            filled = await self._screen.ask(forms.grant_form(subject.agent, verbs, values, error))
            if filled is None:
                return
            ack = await self._send(forms.grant_of(subject.agent, verbs, filled))
            if ack.ok:
                return
            values, error = filled, ack.message

    async def revoke(self, subject: Subject) -> None:
        """End the grant and what was derived from it, with a reason."""
        rows = (await self._page(ops.Query(Topic.GRANTS, count=2_000))).rows
        row = next((one for one in rows if isinstance(one, GrantRow) and one.id == subject.grant), None)
        if row is None:
            self._screen.say(f"Grant #{subject.grant} does not hold any more.", "warning")
            return
        values = await self._screen.ask(forms.revoke_form(row))
        if values is not None:
            await self._send(ops.RevokeGrant(row.id, values["reason"]))

    # Rules

    async def make_rule(self, subject: Subject) -> None:
        """Show the rule that would answer the request, and let it answer from now on if it is agreed to."""
        rows = [] if subject.asked is None else await self._requests((subject.asked,))
        if not rows:
            self._screen.say(f"Request #{subject.asked} is not kept any more.", "warning")
            return
        if not rows[0].rule:
            why = "it takes two people" if rows[0].dual else "nobody decided it, and only a yes or a no makes a rule"
            self._screen.say(f"No rule is made of request #{subject.asked}: {why}.", "warning")
            return
        from ecosim_tui.screens.rule_dialog import RuleDialog  # an editor of text, which nothing else needs

        file = policy_of_world((await self._door.fresh(ops.Query(Topic.HEADER))).data)
        toml, error = rows[0].rule, ""
        while True:
            written = await self._screen.ask(RuleDialog(toml, str(file), error))
            if written is None:
                return
            toml = written.toml
            try:
                rule = read_rule(toml)
            except ValueError as wrong:
                error = str(wrong)
                continue
            ack = await self._send(ops.MakeRule(rule))
            if ack.ok:
                if written.kept:
                    await self._keep(file, rule)
                return
            error = ack.message

    async def _keep(self, file: Path, rule: dict[str, Any]) -> None:
        """Write a rule that holds in this run to the policy file of its world."""
        from ecosim_tui.policy_file import append_rule  # it reads and checks what is there, off the loop

        try:
            await asyncio.to_thread(append_rule, file, rule)
        except EcosimError as error:
            self._screen.say(f"The rule holds in this run and was not kept: {error}", "error")
        else:
            self._screen.say(f"Kept for new runs: --policy {file}")

    async def drop_rule(self, subject: Subject) -> None:
        """Take a rule back, after a question."""
        text = "Requests that it answered wait for a person again. The record keeps what it has decided."
        if await self._screen.ask(ConfirmDialog(f"Drop rule {fit(subject.rule, 50)}?", text, "Drop it")):
            await self._send(ops.DropRule(subject.rule))

    # What is there

    async def _requests(self, numbers: tuple[int, ...]) -> list[RequestRow]:
        """The requests with these numbers, and no others whatever the answer: decisions are made about them."""
        page = await self._page(ops.Query(Topic.REQUESTS, key=" ".join(map(str, numbers))))
        return [row for row in page.rows if isinstance(row, RequestRow) and row.id in numbers]

    async def _page(self, query: ops.Query) -> Page:
        page = (await self._door.fresh(query)).data
        assert isinstance(page, Page), f"{query.topic} shows pages"
        return page


def policy_of_world(header: object) -> Path:
    """The policy file in which rules for a world are kept."""
    assert isinstance(header, HeaderView), "the header topic shows a HeaderView"
    return policies_folder() / f"{header.world}.toml"


def read_rule(toml: str) -> dict[str, Any]:
    """The one rule in a text. Raises ValueError that says what is wrong."""
    try:
        read = tomllib.loads(toml)
        rules = read.get("rules") or read.get("capabilities", {}).get("rules", [])
    except (tomllib.TOMLDecodeError, AttributeError) as error:
        raise ValueError(f"this is no TOML: {error}") from error
    if not isinstance(rules, list) or len(rules) != 1 or not isinstance(rules[0], dict):
        raise ValueError("one rule is made at a time, under [[rules]]")
    rule: dict[str, Any] = rules[0]
    return rule
