"""The `:` prompt: words into commands; what is wrong is answered with what is right."""

import pytest

from ecosim_tui.command_line import WORDS, BadCommand, Intent, OpenView, Perform, SetPace, parse, suggestions
from engine import operator as ops

S = 1_000_000


@pytest.mark.parametrize(
    ("line", "intent"),
    [
        ("fund alice cpu_rate 1000", ops.Fund("alice", "cpu_rate", 1000)),
        ("message alice hello there", ops.SendMessage("alice", "hello there")),
        ("halt cpu_rate", ops.HaltInstrument("cpu_rate", True)),
        ("unhalt cpu_rate", ops.HaltInstrument("cpu_rate", False)),
        ("configure alice think_delay 2s", ops.Configure("alice", think_delay=2 * S)),
        ("configure alice prompt be kind", ops.Configure("alice", prompt="be kind")),
        ('configure alice params {"amount": 3}', ops.Configure("alice", params={"amount": 3})),
        ("approvals policy", ops.SetApprovals("policy")),
        ("stop", ops.StopRun("operator")),
        ("stop enough seen", ops.StopRun("enough seen")),
        ("cap llm_budget 5_000_000", ops.RaiseCap("llm_budget", 5_000_000)),
        ("pause alice", ops.PauseAgent("alice")),
        ("resume alice", ops.ResumeAgent("alice")),
        ("step alice", ops.StepAgent("alice")),
        ("kill alice", ops.StopAgent("alice")),
        ("approve 3", ops.Approve(3)),
        ("approve #3 1 5m", ops.Approve(3, 1, 300 * S)),
        ("deny 3 too dear", ops.Deny(3, "too dear")),
        ("grant alice message.broadcast", ops.GrantCapability("alice", "message.broadcast")),
        ("grant alice net.fetch host 2 1h", ops.GrantCapability("alice", "net.fetch", "host", 2, 3600 * S)),
        ("revoke 4 spam", ops.RevokeGrant(4, "spam")),
        ("note 12 look here", ops.AttachNote(12, "look here")),
        ("pace 4x", SetPace(4.0)),
        ("pace max", SetPace(None)),
        ("open agent alice", OpenView("agent", "alice")),
        ("zoom", Perform("zoom")),
        (":quit", Perform("quit")),
        ("approve", Perform("approve")),
    ],
)
def test_a_line_means(line: str, intent: Intent) -> None:
    assert parse(line) == intent


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "type a command"),
        ("fnud alice", "there is no command 'fnud'; did you mean fund?"),
        ("xyzzy", "there are: pause"),
        ("fund alice cpu_rate", "something is missing; use: fund PRINCIPAL ASSET AMOUNT"),
        ("fund alice cpu_rate ten", "an amount is a whole number from 1, not 'ten'; use: fund PRINCIPAL ASSET AMOUNT"),
        ("fund alice cpu_rate 1 2", "'2' is too much"),
        ("fund alice cpu_rate -5", "an amount is a whole number from 1"),
        ("configure alice colour red", "'colour' cannot be configured; there are: think_delay, prompt, mind, params"),
        ("configure alice think_delay soon", "'soon' is no length of time"),
        ("configure alice params 3", "a JSON object"),
        ("approvals maybe", "there are: ask, policy, deny, allow"),
        ("pace quick", "'quick' is no pace; write it like 4x"),
        ("pace 0", "a pace is from 0.001"),
        ("open window x", "'window' cannot be opened; use: open agent|artifact|thoughts ID"),
        ("zoom now", "zoom takes no arguments"),
        ("table.up", "is for keys only"),
    ],
)
def test_a_wrong_line_is_answered_with_what_is_right(line: str, says: str) -> None:
    with pytest.raises(BadCommand) as caught:
        parse(line)
    assert says in str(caught.value)


def test_every_word_is_suggested() -> None:
    offered = suggestions()
    assert all(f"{name} " in offered for name in WORDS)
