"""What the key figures count, kept up to date row by row: agents by state, wealth, kinds of artifacts, owners.

Each follows a table, so it is rebuilt by loading the rows, and a resumed run counts as one that was never interrupted.
"""

from collections.abc import Mapping

import engine.kernel.entities as ent
from engine.health.distribution import Distribution
from engine.kernel.loans import Loan, LoanState
from engine.kernel.state import State

FOUNDER = "genesis"
"""Who has made what is there at time zero."""
_FEW = 8


class Census:
    """Counts agents by state, and their steps, actions and refusals in all."""

    def __init__(self, state: State) -> None:
        self.counts = dict.fromkeys((*(s.value for s in ent.AgentState), "paused"), 0)
        self.steps = self.actions = self.refusals = 0
        self.arrived: list[str] = []
        """Agents that are new since `Wealth` has looked."""
        for agent in state.agents.rows.values():
            self.follow(agent.id, None, agent)
        state.agents.followers.append(self)

    def follow(self, key: str, old: ent.Agent | None, new: ent.Agent | None) -> None:
        """Move an agent from one count to another; a paused one counts as paused only."""
        if new is None:
            return
        if old is not None:
            self.steps += new.steps - old.steps
            self.actions += new.actions - old.actions
            self.refusals += new.refusals - old.refusals
            if old.state is new.state and old.paused is new.paused:
                return
            self.counts["paused" if old.paused else old.state.value] -= 1
        else:
            self.steps += new.steps
            self.actions += new.actions
            self.refusals += new.refusals
            self.arrived.append(key)
        self.counts["paused" if new.paused else new.state.value] += 1


class Wealth:
    """How scrip is distributed among agents, what they hold for something under way included."""

    def __init__(self, state: State, census: Census) -> None:
        self._state = state
        self._arrived = census.arrived
        self._known: dict[str, int] = {}
        self._changed: dict[str, int] = {}
        self._amounts = Distribution()
        self.version = 0
        """Moves with every change of the amounts."""
        state.balances.followers.append(self)

    def follow(self, key: tuple[str, str], old: ent.Balance | None, new: ent.Balance | None) -> None:
        """Note whose scrip may be another amount now; it is looked at when somebody asks."""
        if key[1] == ent.SCRIP:
            self._changed[key[0]] = new.available + new.held if new is not None else 0

    @property
    def amounts(self) -> Distribution:
        """The amounts as of now: takes time by the agents whose scrip has changed since the last time."""
        self.bring_up_to_date()
        return self._amounts

    def bring_up_to_date(self) -> None:
        """Look at whose scrip may have changed."""
        if self._changed or self._arrived:
            self._take()

    def _take(self) -> None:
        known, rows = self._known, self._state.balances.rows
        moved: list[tuple[int | None, int]] = []
        for agent in self._arrived:
            row = rows.get((agent, ent.SCRIP))
            known[agent] = amount = row.available + row.held if row is not None else 0
            moved.append((None, amount))
            self._changed.pop(agent, None)
        self._arrived.clear()
        if len(self._changed) * _FEW > len(known):
            known.update({agent: amount for agent, amount in self._changed.items() if agent in known})
            self._changed.clear()
            self.version += 1
            self._amounts.rebuild(known.values())
            return
        for agent, amount in self._changed.items():
            before = known.get(agent)
            if before is not None and before != amount:  # else it is no agent, or has as much as it had
                moved.append((before, amount))
                known[agent] = amount
        self._changed.clear()
        self.version += bool(moved)
        if len(moved) * _FEW > len(known):
            self._amounts.rebuild(known.values())
            return
        for before, amount in moved:
            if before is not None:
                self._amounts.remove(before)
            self._amounts.add(amount)


class Holdings:
    """Of each resource that is freed on release: how much is held, and how much there is."""

    def __init__(self, state: State) -> None:
        self.sums: dict[str, list[int]] = {}
        for key, row in state.balances.rows.items():
            self.follow(key, None, row)
        state.balances.followers.append(self)

    def follow(self, key: tuple[str, str], old: ent.Balance | None, new: ent.Balance | None) -> None:
        """Add what has changed; scrip and the account of issuance are no such resource."""
        principal, asset = key
        if asset == ent.SCRIP or principal == ent.ISSUANCE:
            return
        sums = self.sums.get(asset)
        if sums is None:
            sums = self.sums[asset] = [0, 0]
        if new is not None:
            sums[0] += new.held
            sums[1] += new.available + new.held
        if old is not None:
            sums[0] -= old.held
            sums[1] -= old.available + old.held


class Debts:
    """Loans that are not over, and what is owed on them, by whether they are paid as agreed."""

    def __init__(self, state: State) -> None:
        self.loans = dict.fromkeys((one.value for one in LoanState), 0)
        self.owed = dict(self.loans)
        for key, row in state.loans.rows.items():
            self.follow(key, None, row)
        state.loans.followers.append(self)

    def follow(self, key: str, old: Loan | None, new: Loan | None) -> None:
        """Count what has changed; interest counts from when it was added."""
        for row, sign in ((old, -1), (new, 1)):
            if row is not None:
                self.loans[row.state.value] += sign
                self.owed[row.state.value] += sign * row.owed


class Kinds:
    """The types of the artifacts that agents have made: how many there are of each, and the sum of their squares."""

    def __init__(self, state: State) -> None:
        self.counts: dict[str, int] = {}
        self.made = self.squares = 0
        for key, row in state.artifacts.rows.items():
            self.follow(key, None, row)
        state.artifacts.followers.append(self)

    def follow(self, key: str, old: ent.Artifact | None, new: ent.Artifact | None) -> None:
        """Count an artifact that is new, gone, or of another type now."""
        if old is not None and new is not None and old.type == new.type:
            return
        if old is not None and old.created_by != FOUNDER:
            self._count(old.type, -1)
        if new is not None and new.created_by != FOUNDER:
            self._count(new.type, 1)

    def _count(self, kind: str, change: int) -> None:
        before = self.counts.get(kind, 0)
        after = before + change
        self.squares += after * after - before * before
        self.made += change
        if after:
            self.counts[kind] = after
        else:
            del self.counts[kind]

    @property
    def diversity(self) -> float | None:
        """The inverse Simpson index: as many types, equally frequent, would be as diverse; None without artifacts."""
        return self.made * self.made / self.squares if self.squares else None


class Owners:
    """Who controls whom among principals: how many of them stand one above the other in the longest chain."""

    def __init__(self, state: State) -> None:
        self._parents: dict[str, str] = {}
        self._heights: dict[str, int] = {}
        self._longest = 0
        self._stale = True
        for key, row in state.artifacts.rows.items():
            self.follow(key, None, row)
        state.artifacts.followers.append(self)

    def follow(self, key: str, old: ent.Artifact | None, new: ent.Artifact | None) -> None:
        """Note a principal that is new, gone, or has another controller."""
        before = old.controller if old is not None and old.has_standing else None
        after = new.controller if new is not None and new.has_standing else None
        if before == after:
            return
        if after is None:
            del self._parents[key]
            self._stale = True
            return
        self._parents[key] = after
        if before is not None or (after != key and after not in self._heights):
            self._stale = True
        elif not self._stale:
            self._heights[key] = 1 if after == key else self._heights[after] + 1
            self._longest = max(self._longest, self._heights[key])

    @property
    def longest(self) -> int:
        """Principals in the longest chain of control, itself included: 1 where everybody belongs to itself."""
        if self._stale:
            self._heights = chain_lengths(self._parents)
            self._longest = max(self._heights.values(), default=0)
            self._stale = False
        return self._longest


def chain_lengths(parents: Mapping[str, str]) -> dict[str, int]:
    """For each principal how many there are from it to the last that controls it; in a ring, all that are in it."""
    lengths: dict[str, int] = {}
    for start in parents:
        path: dict[str, None] = {}
        at = start
        while at in parents and at not in lengths and at not in path:
            path[at] = None
            at = parents[at]
        climbed = list(path)
        if at in path:  # a ring, or one that controls itself
            ring = climbed[climbed.index(at) :]
            lengths |= dict.fromkeys(ring, len(ring))
            climbed = climbed[: -len(ring)]
        length = lengths.get(at, 0)
        for one in reversed(climbed):
            length += 1
            lengths[one] = length
    return lengths
