"""The world file that `worlds new` writes: small, commented, and without problems."""

import re
from string import Template

from engine.worldfile.problems import Problem, WorldFileError, shown

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

_TEXT = Template("""\
# A world for Ecosim. Check it with `ecosim worlds check FILE`, run it with `ecosim run FILE`.
# Durations are text with a unit (us, ms, s, m, h, d); amounts are whole numbers.
format = 1

[world]
name = "$name"
title = "A world of my own"
teaches = "What this world shows, in one sentence."
seed = 1                        # the same seed tells the same story

[run]
dormant_after = "10m"           # an agent that does nothing for so long counts as dormant
# duration = "2h"               # end after so much world time
# actions = 20_000              # end after so many actions

# What agents live on. The sum of what agents get has to be the limit; without a limit, it is the limit.
[assets.cpu_rate]
kind = "renewable"              # comes back: so much in any rolling window
unit = "CPU-µs"
window = "60s"

[assets.disk]
kind = "allocatable"            # freed on release
unit = "bytes"

# What actions cost, in CPU-µs.
[tariff]
think = 0
read = 1_000
write = 2_000

# One agent.
[[agents]]
id = "alice"
mind = "giver"                  # gives `amount` scrip to `to`
params = { to = "bob", amount = 3 }
think_delay = "2s"
scrip = 100
assets = { cpu_rate = 200_000, disk = 100_000 }

[[agents]]
id = "bob"
mind = "giver"
params = { to = "alice", amount = 2 }
think_delay = "3s"
scrip = 100
assets = { cpu_rate = 200_000, disk = 100_000 }

# A group: crowd_1, crowd_2 and crowd_3. `--agents N` scales groups.
[[agents]]
id = "crowd"
count = 3
mind = "giver"
params = { to = "alice", amount = 1 }
think_delay = "10s"
scrip = 20
assets = { cpu_rate = 100_000, disk = 50_000 }

# Something that is there from the beginning.
[[artifacts]]
id = "welcome"
content = "Everybody may read this."
owner = "alice"
access = ["genesis_freeware"]

# The only source of new scrip: an auction at which artifacts are scored.
# [mint]
# every = "60s"
# slots = 1

# What is traded against scrip.
[exchange]
instruments = ["cpu_rate", "disk"]

# Who answers when an agent asks for more than everybody may do: deny before ask before allow.
[[capabilities.rules]]
name = "alice may speak to all"
effect = "allow"
verb = "message.broadcast"
agent = "alice"
uses = 5
""")


def new_world(name: str) -> str:
    """The text of a new world file of this name; raises WorldFileError if the name is not one a world can have."""
    if _NAME.fullmatch(name) is None:
        usable = re.sub(r"[^a-z0-9]+", "_", name[:40].lower()).strip("_")
        close = usable if _NAME.fullmatch(usable) else "my_world"
        remedy = f"use a lower-case letter, then at most 39 lower-case letters, digits and underscores, e.g. {close}"
        raise WorldFileError([Problem("worlds new", None, "", f"{shown(name)} is not a usable name", remedy)])
    return _TEXT.substitute(name=name)
