"""Does what cannot be done, time and again: every refusal says what was wrong, and nothing comes of it."""

from dataclasses import dataclass

from engine.kernel.actions import Action, Delete, Edit, Invoke, Read, Sleep, Transfer, Write
from engine.kernel.entities import SECOND, Json
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration


class ClumsyParams(moves.Citizen):
    """Whose private artifact it tries to read, and how long it is ashamed after each refusal."""

    covets: moves.Id
    pause: Duration = 5 * SECOND


@dataclass(frozen=True, slots=True)
class Clumsy:
    """A refusal is a value: the agent is told a code and a sentence it could act on. This one never does; all it gets
    right is giving."""

    params: ClumsyParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """After a refusal, be ashamed for a while; then do something else that is refused."""
        if moves.refused(observation):
            return Decision(moves.surplus(observation, self.params) or moves.sleep_for(self.params.pause), memory)
        return Decision(draws.pick(self._blunders(observation)), memory)

    def _blunders(self, observation: Observation) -> list[Action]:
        me, covets = observation.agent, self.params.covets
        return [
            moves.pay("genesis_mint", 1),
            moves.pay(me, observation.balance() + 1, "all I have and one more"),
            moves.place("moonshine", "buy", 1, 1),
            moves.bid(covets, 1),
            moves.broadcast("Can you all hear me?", "mine"),
            moves.ask("principal.create", "*", 1, SECOND, "I would like to be two of me."),
            moves.ask("world.rule", "*", 1, SECOND, "I would be good at it."),
            Invoke("genesis_ledger", "transfer", {"to": me, "amount": "plenty"}),
            Invoke("genesis_ledger", "steal", {"from": covets}),
            Invoke(covets, "open", {}),
            Read("the_book_that_nobody_wrote"),
            Read(covets),
            Edit(covets, "yours", "mine"),
            Delete("genesis_ledger"),
            Transfer(covets, me),
            Write("a rule of my own", access=("no_such_contract",)),
            Sleep(predicate="when I feel like it"),
        ]
