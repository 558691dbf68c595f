"""`python -m tests.bench.short`: a little of every measurement, to see that each still runs and prints a figure."""

import subprocess
import sys

import orjson

from ecosim_tui.bench.catalogue import figures


def main() -> int:
    """Run `ecosim bench --short --json` and check the form of what it prints; timings are not judged here."""
    command = [sys.executable, "-m", "ecosim_tui", "bench", "--short", "--json"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        print(f"ecosim bench --short ended with {done.returncode}", file=sys.stderr)
        return 1
    rows = orjson.loads(done.stdout)
    missing = {figure.name for figure in figures()} - {row["name"] for row in rows if row["value"] is not None}
    if missing:
        print(f"not measured: {', '.join(sorted(missing))}", file=sys.stderr)
        return 1
    for row in rows:
        print(f"{row['name']:24} {row['value']:>14,} {row['unit']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
