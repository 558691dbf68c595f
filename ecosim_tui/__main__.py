"""`ecosim` and `python -m ecosim_tui`."""

import io
import sys

from ecosim_tui.interruption import end_at_once, too_late


def main() -> int:
    """Run the command line as a process of its own: signals are seen to before anything else is loaded."""
    end_at_once()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal or pipe that knows fewer characters than we use gets the others escaped.
        sys.stdout.reconfigure(errors="backslashreplace")
    from ecosim_tui.cli import main as command_line

    code = command_line()
    too_late()
    return code


if __name__ == "__main__":
    sys.exit(main())
