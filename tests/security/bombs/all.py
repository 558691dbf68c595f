"""All bombs, in one list."""

from tests.security.bombs import catching, depth, memory, output, source, time
from tests.security.bombs.model import Bomb

FAMILIES = (time, memory, depth, output, catching, source)

BOMBS: tuple[Bomb, ...] = tuple(one for family in FAMILIES for one in family.BOMBS)
