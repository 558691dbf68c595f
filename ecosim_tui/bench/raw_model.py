"""The limit for calls of models: the same question by LiteLLM alone."""

import asyncio
import importlib
import os
from time import process_time
from typing import Any

from engine.models.client import environment


def measure(base: str, calls: int, text: str) -> dict[str, Any]:
    """CPU ms per call."""
    os.environ.update(environment())
    library: Any = importlib.import_module("litellm")
    library.suppress_debug_info = True
    return {"millis": asyncio.run(_measure(library, base, calls, text))}


async def _measure(library: Any, base: str, calls: int, text: str) -> float:
    async def ask() -> None:
        await library.acompletion(
            model="openai/bench",
            api_base=base,
            api_key="none",
            messages=[{"role": "user", "content": text}],
            max_tokens=1024,
            timeout=60,
            num_retries=0,
            max_retries=0,
        )

    for _ in range(10):
        await ask()
    start = process_time()
    for _ in range(calls):
        await ask()
    return (process_time() - start) / calls * 1e3
