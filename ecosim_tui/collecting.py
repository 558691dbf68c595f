"""How long the interpreter stops to look for garbage: briefly, so that a key need not wait for it.

A full collection walks over every object; with a world of a thousand agents in memory that takes longer than a key
may. Nearly everything that has survived one lives as long as the run, so it is set aside, and only now and then all of
it is looked at again, for what has been closed since.
"""

import gc

ALL_EVERY = 500
"""Full collections between two that look at everything."""


class Collecting:
    """Follows the interpreter's full collections from ``begin`` to ``end``."""

    def __init__(self, all_every: int = ALL_EVERY) -> None:
        self._all_every = all_every
        self._brief = 0

    def begin(self) -> None:
        """Keep collections brief from now on."""
        gc.callbacks.append(self._collected)

    def end(self) -> None:
        """Leave collections as they were."""
        gc.callbacks.remove(self._collected)
        gc.unfreeze()

    def _collected(self, phase: str, info: dict[str, int]) -> None:
        if info["generation"] != 2:
            return
        if phase == "stop":
            gc.freeze()
        elif self._brief >= self._all_every:
            self._brief = 0
            gc.unfreeze()
        else:
            self._brief += 1
