"""A real HTTP server on loopback that speaks the OpenAI protocol and does what it is told, request by request."""

import asyncio
import contextlib
import gzip
import json
import zlib
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

Act = Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]
"""What is done with one request."""


@dataclass
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    reader: asyncio.StreamReader


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

    async def act(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(_head(status, len(body), headers or {}) + body)
        await writer.drain()

    return act


def say(text: str | None = "hello", **other: Any) -> Act:
    """A good answer."""
    return raw(json.dumps(completion(text, **other)).encode())


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
    await asked.reader.read()


async def drip(_: Asked, writer: asyncio.StreamWriter) -> None:
    """A good head, then blanks without end."""
    writer.write(_head(200, 1_000_000, {}))
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.002)


async def cut(_: Asked, writer: asyncio.StreamWriter) -> None:
    """Half an answer, then nobody."""
    body = json.dumps(completion()).encode()
    writer.write(_head(200, len(body), {}) + body[:40])
    await writer.drain()


async def slam(_: Asked, __: asyncio.StreamWriter) -> None:
    """Hang up without a word."""


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
    """What it was asked, and what it is to do next for each model; without a script it answers well."""

    asked: list[Asked] = field(default_factory=list)
    scripts: defaultdict[str, deque[Act]] = field(default_factory=lambda: defaultdict(deque))
    port: int = 0
    under_way: int = 0
    most_at_once: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def start(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def forget(self) -> None:
        """Begin anew for the next test."""
        self.asked.clear()
        self.scripts.clear()
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
        asked = Asked(first.split()[1], headers, body, reader)
        self.asked.append(asked)
        self.came.set()
        script = self.scripts[str(body.get("model"))]
        usual = embed if asked.path.endswith("/embeddings") else say()
        act = script.popleft() if script else usual
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            await act(asked, writer)
        finally:
            self.under_way -= 1
        return act not in (cut, slam, hang)
