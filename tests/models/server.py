"""A real HTTP server on loopback that speaks the OpenAI protocol and does what it is told, request by request.

By hand: `python -m tests.models.server --port 8080 --badly 30` answers thoughts, and misbehaves 30 times in 100.
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import random
import zlib
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

Act = Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]
"""What is done with one request."""
NOOP = {"why": "there is nothing to do", "action": {"action": "noop"}}
"""What a mind of language models can answer at any time."""


@dataclass
class Spent:
    """What a provider would charge for: also answers that never arrived whole, and answers that are none."""

    requests: int = 0
    input: int = 0
    output: int = 0


@dataclass
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    reader: asyncio.StreamReader
    spent: Spent = field(default_factory=Spent)

    @property
    def tokens(self) -> int:
        """Of the question, by its length."""
        return len(json.dumps(self.body.get("messages", self.body.get("input", ""))).encode()) // 4

    def charge(self, usage: dict[str, Any] | None = None) -> None:
        """Charge for it: as the answer says, else for the question and for half of what an answer may be."""
        told = usage or {"prompt_tokens": self.tokens, "completion_tokens": int(self.body.get("max_tokens", 2)) // 2}
        self.spent.requests += 1
        given, made = (told.get(name) for name in ("prompt_tokens", "completion_tokens"))
        self.spent.input += given if isinstance(given, int) else 0
        self.spent.output += made if isinstance(made, int) else 0


def completion(text: str | None = "hello", **other: Any) -> dict[str, Any]:
    """The body of a good answer, with anything in it changed; `message` and `finish` are of its one choice."""
    message = {"role": "assistant", "content": text} | other.pop("message", {})
    choice = {"index": 0, "finish_reason": other.pop("finish", "stop"), "message": message}
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [choice],
        "usage": usage,
    } | other


def raw(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Act:
    """Answer with just these bytes."""

    async def act(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if status == 200:
            asked.charge(_usage(body))
        writer.write(_head(status, len(body), headers or {}) + body)
        await writer.drain()

    return act


def say(text: str | None = "hello", **other: Any) -> Act:
    """A good answer."""
    return raw(json.dumps(completion(text, **other)).encode())


def _usage(body: bytes) -> dict[str, Any] | None:
    with contextlib.suppress(ValueError):
        told = json.loads(body)
        if isinstance(told, dict) and isinstance(told.get("usage"), dict):
            return dict(told["usage"])
    return None


def think(choose: Callable[[Asked], Any] = lambda _: NOOP) -> Act:
    """Answer a thought with what a function makes of the question: JSON, or a text as it is."""

    async def act(asked: Asked, writer: asyncio.StreamWriter) -> None:
        chosen = choose(asked)
        text = chosen if isinstance(chosen, str) else json.dumps(chosen)
        made = len(text.encode()) // 4 + 1
        usage = {"prompt_tokens": asked.tokens, "completion_tokens": made, "total_tokens": asked.tokens + made}
        await say(text, usage=usage)(asked, writer)

    return act


def embedding(asked: "Asked") -> dict[str, Any]:
    """The body of an embedding: a vector in which each word stands in a place of its own."""
    vectors = []
    for place, text in enumerate(asked.body["input"]):
        parts = [0.0] * 16
        for word in text.lower().split():
            parts[zlib.crc32(word.encode()) % 16] += 0.5
        vectors.append({"object": "embedding", "index": place, "embedding": parts})
    return {"object": "list", "model": "m", "data": vectors, "usage": {"prompt_tokens": 4, "total_tokens": 4}}


async def embed(asked: "Asked", writer: asyncio.StreamWriter) -> None:
    """A good embedding."""
    await raw(json.dumps(embedding(asked)).encode())(asked, writer)


def fail(status: int, message: str = "something is wrong", headers: dict[str, str] | None = None) -> Act:
    """An answer that says no."""
    return raw(json.dumps({"error": {"message": message, "type": "x"}}).encode(), status, headers)


def packed(body: bytes) -> Act:
    """An answer that is packed."""
    return raw(gzip.compress(body), headers={"Content-Encoding": "gzip"})


async def hang(asked: Asked, _: asyncio.StreamWriter) -> None:
    """Never answer, until whoever asked has hung up."""
    asked.charge()
    await asked.reader.read()


async def drip(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """A good head, then blanks without end."""
    asked.charge()
    writer.write(_head(200, 1_000_000, {}))
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.002)


async def cut(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Half an answer, then nobody."""
    asked.charge()
    body = json.dumps(completion()).encode()
    writer.write(_head(200, len(body), {}) + body[:40])
    await writer.drain()


async def slam(asked: Asked, _: asyncio.StreamWriter) -> None:
    """Hang up without a word."""
    asked.charge()


def gate(opened: asyncio.Event) -> Act:
    """Answer well when the gate is opened."""

    async def act(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await opened.wait()
        await say()(asked, writer)

    return act


def _head(status: int, length: int, headers: dict[str, str]) -> bytes:
    lines = {"Content-Type": "application/json", "Content-Length": str(length)} | headers
    told = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} X\r\n{told}\r\n".encode()


@dataclass
class Server:
    """What it was asked, what it charges for, and what it is to do next for each model.

    Without a script it does what is `usual`; without that it answers well.
    """

    asked: list[Asked] = field(default_factory=list)
    scripts: defaultdict[str, deque[Act]] = field(default_factory=lambda: defaultdict(deque))
    usual: Act | None = None
    spent: Spent = field(default_factory=Spent)
    port: int = 0
    under_way: int = 0
    most_at_once: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def start(self) -> None:
        """Begin to listen, at `port` if it is not 0."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def forget(self) -> None:
        """Begin anew for the next test."""
        self.asked.clear()
        self.scripts.clear()
        self.usual, self.spent = None, Spent()
        self.most_at_once = 0
        self.came.clear()

    async def close(self) -> None:
        """End it, and all that is under way."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._one(reader, writer):
                    pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = json.loads(await reader.readexactly(int(headers.get("content-length", "0"))) or b"{}")
        asked = Asked(first.split()[1], headers, body, reader, self.spent)
        self.asked.append(asked)
        self.came.set()
        script = self.scripts[str(body.get("model"))]
        usual = embed if asked.path.endswith("/embeddings") else self.usual or say()
        act = script.popleft() if script else usual
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            await act(asked, writer)
        finally:
            self.under_way -= 1
        return act not in (cut, slam, hang)


@contextlib.contextmanager
def serving(port: int = 0) -> Iterator[Server]:
    """A server on a loop of its own in a thread, for whoever has a loop already or none."""
    loop = asyncio.new_event_loop()
    server = Server(port=port)
    loop.run_until_complete(server.start())
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


MISDEEDS: dict[str, Act] = {
    "429": fail(429, "slow down"),
    "429 with Retry-After": fail(429, "slow down", {"Retry-After": "1"}),
    "500": fail(500),
    "time-out": hang,
    "slow bytes": drip,
    "cut": cut,
    "hung up": slam,
    "malformed JSON": raw(b'{"choices": ['),
    "no JSON in it": say("I think that I shall do nothing."),
    "wrong schema": say(json.dumps({"why": 3, "action": "sleep"})),
    "missing usage": say(json.dumps(NOOP), usage=None),
    "refusal": say(None, message={"refusal": "I will not do that."}),
    "huge": raw(b" " * 5_000_000),
}
"""All ways in which a provider has been seen to fail."""


def misbehaving(badly: int, seed: int = 0, choose: Callable[[Asked], Any] = lambda _: NOOP) -> Act:
    """Fail so many times in a hundred, in ways that are drawn by seed, and think otherwise."""
    draw, good = random.Random(seed), think(choose)

    async def act(asked: Asked, writer: asyncio.StreamWriter) -> None:
        done = draw.choice(list(MISDEEDS.values())) if draw.randrange(100) < badly else good
        await done(asked, writer)
        if done in (cut, slam, hang):
            writer.close()

    return act


async def _by_hand() -> None:
    parser = argparse.ArgumentParser(description="A server that speaks the OpenAI protocol, for trying by hand.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--badly", type=int, default=0, metavar="PERCENT", help="how often it misbehaves")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    server = Server(usual=misbehaving(args.badly, args.seed), port=args.port)
    await server.start()
    print(f"export OPENAI_BASE_URL=http://127.0.0.1:{server.port}/v1", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print(f"\n{len(server.asked)} requests came; charged: {server.spent}")
        await server.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_by_hand())
