"""`python -m ecosim_tui.bench.village_server [SECONDS]`: answers like villagers' models, each after so long.

It counts tokens as OpenAI's tokenizer does, and counts an answer as charged when it has the whole request, whether or
not anybody is there to take the answer. It prints its port and ends with its stdin; `GET /tally` tells its counts.
"""

import asyncio
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from ecosim_tui.bench.villagers import answer

PRICE = "{input=1000000,output=2000000}"
"""µUSD for a million tokens, as a world file says it: one a token in, and two a token out."""
_IN, _OUT = 1, 2


def tokenizer() -> Any:
    """The tokenizer that comes with LiteLLM: nothing is fetched for it."""
    import os
    from importlib.util import find_spec

    found = find_spec("litellm")
    if found is None or found.origin is None:
        raise RuntimeError("LiteLLM is not installed")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(found.origin).parent / "litellm_core_utils" / "tokenizers")
    import tiktoken

    return tiktoken.get_encoding("cl100k_base")


@dataclass
class VillageServer:
    """The server: what it has been asked and has charged."""

    seconds: float = 0.0
    port: int = 0
    under_way: int = 0
    most_at_once: int = 0
    charged: int = 0
    prompts: list[tuple[int, int, int, int]] = field(default_factory=list)
    """For each answer the tokens of the stable prefix with the schema, of the rest, of the answer, and the guess."""
    _server: asyncio.Server | None = None

    def __post_init__(self) -> None:
        self._tokens = tokenizer()

    async def start(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Listen no longer."""
        if self._server is not None:
            self._server.close()

    def tally(self) -> dict[str, Any]:
        """What it has counted."""
        return {
            "charged": self.charged,
            "answers": len(self.prompts),
            "under_way": self.under_way,
            "most_at_once": self.most_at_once,
            "prompts": self.prompts,
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                _, found, rest = head.lower().partition(b"content-length:")
                body = await reader.readexactly(int(rest.split(b"\r\n")[0]) if found else 0)
                told = self.tally() if head.startswith(b"GET ") else await self._answer(orjson.loads(body))
                text = orjson.dumps(told)
                lines = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
                writer.write(lines.encode() + text)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        system, user = (message["content"] for message in asked["messages"][:2])
        schema = orjson.dumps(asked.get("response_format", {}).get("json_schema", {}).get("schema", {})).decode()
        text = answer(system, user)
        fixed, rest, out = (self._count(one) for one in (system + schema, user, text))
        self.prompts.append((fixed, rest, out, -(-len((system + user + schema).encode()) // 4)))
        self.charged += _IN * (fixed + rest) + _OUT * out
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.under_way -= 1
        usage = {"prompt_tokens": fixed + rest, "completion_tokens": out, "total_tokens": fixed + rest + out}
        message = {"role": "assistant", "content": text}
        choices = [{"index": 0, "finish_reason": "stop", "message": message}]
        about = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": asked["model"]}
        return {**about, "choices": choices, "usage": usage}

    def _count(self, text: str) -> int:
        return len(self._tokens.encode_ordinary(text))


async def _main(seconds: float) -> None:
    server = VillageServer(seconds)
    await server.start()
    print(server.port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
