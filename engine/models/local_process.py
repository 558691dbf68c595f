"""Serves the model of the extra `local` on loopback, by OpenAI's protocol: `python -m engine.models.local_process`.

It reads a key and the file of the model, says where it listens, and ends when its standard input does.
"""

import importlib
import os
import sys
import threading
from typing import Any

SLOTS = 2
"""Questions that are answered at once; more stand in line."""
CONTEXT = 6_144
"""Tokens of a question and its answer."""
THREADS = 2
_QUIET = -1


def main() -> None:
    """Serve until whoever began it is gone."""
    said = os.dup(1)
    os.dup2(2, 1)  # the library speaks on standard output
    key, weights = sys.stdin.readline().strip(), sys.stdin.readline().strip()
    gone = threading.Thread(target=_watch, daemon=True)
    gone.start()
    try:
        server = _serve(key, weights)
        os.write(said, f"{server.listening_address}\n".encode())
    except Exception as error:  # noqa: BLE001 - the library's own, of any kind: whoever waits is told
        os.write(said, f"{type(error).__name__}: {error}".replace("\n", " ").encode())
        os._exit(1)
    gone.join()


def _serve(key: str, weights: str) -> Any:
    library = importlib.import_module("xllamacpp")
    params = library.CommonParams()
    params.model.path = weights
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [key]
    params.n_parallel, params.n_ctx = SLOTS, SLOTS * CONTEXT
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = min(THREADS, os.cpu_count() or 1)
    params.n_threads_http = SLOTS + 2
    params.verbosity, params.ui, params.offline = _QUIET, False, True
    return library.Server(params)


def _watch() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
