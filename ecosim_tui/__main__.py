"""`ecosim` and `python -m ecosim_tui`."""

import sys

from ecosim_tui.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
