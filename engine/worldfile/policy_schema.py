"""The schema of policies: what a world file and a policy file say of capabilities, and who may decide about them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from engine.kernel.entities import SECOND
from engine.worldfile.values import Amount, Delay, Duration, Line, Many, Positive, Section

VerbPattern = Annotated[str, StringConstraints(pattern=r"^[a-z*]+(\.[a-z*]+)?$", max_length=60)]
Pattern = Annotated[str, StringConstraints(pattern=r"^[^\s?\[\]{}]+$", max_length=200)]
Risk = Literal["low", "medium", "high"]
Quota = dict[Annotated[str, StringConstraints(pattern=r"^[a-z_]+$", max_length=40)], Positive]
Depth = Annotated[int, Field(ge=0, le=5)]


class ScheduleSection(Section):
    """When a rule holds: from `after` on until `before`; with `every`, for `lasts` at the beginning of each period."""

    after: Delay = 0
    before: Duration | None = None
    every: Duration | None = None
    lasts: Duration | None = None


class RuleSection(Section):
    """A rule that answers capability requests: deny before ask before allow, the first match within an effect."""

    name: Line
    effect: Literal["deny", "ask", "allow"]
    verb: VerbPattern = "*"
    agent: Pattern = "*"
    resource: Pattern = "*"
    risk: Risk | None = None
    narrow: Pattern | None = None
    uses: Positive | None = None
    ttl: Duration | None = None
    quota: Quota = {}
    depth: Depth | None = None
    schedule: ScheduleSection | None = None
    reason: Line = ""


class VerbSection(Section):
    """What a world says otherwise of one verb: whether it is gated, how risky it is, usual terms and largest ones."""

    gated: bool | None = None
    risk: Risk | None = None
    uses: Positive | None = None
    ttl: Duration | None = None
    quota: Quota = {}
    max_resource: Pattern | None = None
    max_uses: Positive | None = None
    max_ttl: Duration | None = None
    max_quota: Quota = {}
    max_depth: Depth | None = None
    cool_down: Delay | None = None


class CeilingSection(Section):
    """The most that some agents may ever hold of some verbs; `uses = 0` is none."""

    agents: Pattern = "*"
    verbs: VerbPattern = "*"
    resource: Pattern | None = None
    uses: Amount | None = None
    ttl: Duration | None = None
    quota: Quota = {}
    depth: Depth | None = None


class ApproverSection(Section):
    """What an operator, by the name of the system's user, may decide."""

    user: Pattern
    verbs: VerbPattern = "*"
    risk: Risk = "high"


MOST_RULES = 1_000
"""Each request is held against each rule, and each rule against those before it."""


class PolicySection(Section):
    """What answers requests and within which limits: a policy file, and part of `[capabilities]` in a world file."""

    gated: Many[str] | None = None
    dual: Many[Risk] = ()
    verbs: dict[str, VerbSection] = {}
    ceilings: Many[CeilingSection] = ()
    approvers: Many[ApproverSection] = ()
    rules: Annotated[Many[RuleSection], Field(max_length=MOST_RULES)] = ()


class CapabilitySection(PolicySection):
    """Which verbs need a grant in this world, the default terms, who decides, and the policy rules."""

    decide_within: Duration = 300 * SECOND
    patience: Duration = 300 * SECOND
    default_uses: Positive = 1
    default_ttl: Duration = 600 * SECOND
