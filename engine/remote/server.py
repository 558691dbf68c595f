"""Serves a live run on a local socket, beside the engine on the same event loop: no network, no thread."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from engine.kernel.errors import EcosimError
from engine.operator import Door
from engine.remote.errors import BadFrame, RemoteError, Unreachable
from engine.remote.forms import Hello
from engine.remote.guest import Guest
from engine.remote.peers import Peer, may_enter, operator_of, peer_of, require_peers, user_name
from engine.remote.places import socket_place
from engine.remote.wire import PROTOCOL, frame

MOST_CLIENTS = 32
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Served:
    """What there is to know about a run that is served; `commit` tells the number of its last commit.

    `prepare` is awaited once, when the first client has come: what only those who watch need is fetched then.
    """

    run: Path
    world: str
    ecosim: str
    commit: Callable[[], int]
    prepare: Callable[[], Awaitable[None]] | None = None


def _quiet(_: str) -> None:
    """Nobody wants to hear about clients that were dropped."""


class Server:
    """Lets other processes watch and steer one run. `start` it once the run is open, `close` it before the run is.

    Whoever has the run's lock serves it. `say` is told in a sentence of each client that is turned away or dropped.
    """

    def __init__(
        self,
        door: Door,
        served: Served,
        *,
        say: Callable[[str], None] = _quiet,
        patience: float = PATIENCE_S,
    ) -> None:
        self._door = door
        self._served = served
        self._say = say
        self._patience = patience
        self._guests: dict[asyncio.Task[None], Guest] = {}
        self._server: asyncio.Server | None = None
        self._made = 0
        self._preparing: asyncio.Task[None] | None = None
        self.place: Path | None = None

    async def start(self) -> Path:
        """Listen; the socket's path. Raises `Unreachable` if there can be no socket for this run."""
        require_peers()
        place = socket_place(self._served.run)
        await _clear(place)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.bind(os.fspath(place))
            place.chmod(0o660)
            self._made = place.stat().st_ino
            self._server = await asyncio.start_unix_server(self._arrived, sock=listening)
        except OSError as error:
            listening.close()
            raise Unreachable(f"{place}: no socket can be made there: {error.strerror}") from error
        self.place = place
        return place

    async def close(self, reason: str) -> None:
        """Tell every client why there is no more to see, and stop listening."""
        if self._server is None or self.place is None:
            return
        self._server.close()
        staying = dict(self._guests)
        await asyncio.gather(*(guest.dismiss(reason) for guest in staying.values()))
        await asyncio.gather(*staying)
        if self._preparing is not None:
            await self._preparing
        self._server = None
        _remove(self.place, self._made)

    async def _arrived(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Somebody has connected: let them in or turn them away, and see them off."""
        task = asyncio.current_task()
        assert task is not None, "asyncio calls this in a task"
        guest, who = Guest(self._door, self._served.commit, reader, writer, self._patience), "a client"
        try:
            peer = peer_of(writer.get_extra_info("socket"))
            who = user_name(peer.uid)
            self._admit(peer)
            self._guests[task] = guest
            self._prepare()
            await guest.stay(self._hello(peer))
            if guest.dropped:
                self._say(f"{who} {guest.dropped}")
        except RemoteError as error:
            self._say(f"{who} was turned away: {error}")
            writer.write(frame({"error": str(error)}))
        except TimeoutError:
            self._say(f"{who} was turned away: it did not say which protocol it speaks")
        except ConnectionError as error:
            self._say(f"{who} went away: {error}")
        finally:
            self._guests.pop(task, None)
            guest.leave()

    def _prepare(self) -> None:
        if self._served.prepare is not None and self._preparing is None:
            self._preparing = asyncio.create_task(self._fetch_past(self._served.prepare))

    async def _fetch_past(self, prepare: Callable[[], Awaitable[None]]) -> None:
        try:
            await prepare()
        except EcosimError as error:
            self._say(f"what was before this process cannot be shown: {error}")

    def _admit(self, peer: Peer) -> None:
        assert self.place is not None, "nobody arrives before there is a socket"
        owners = frozenset((os.geteuid(), self._served.run.stat().st_uid))
        if not may_enter(peer, owners, self.place.stat().st_gid):
            raise BadFrame(f"{user_name(peer.uid)} is neither the run's owner nor in the socket's group")
        if len(self._guests) >= MOST_CLIENTS:
            raise BadFrame(f"{MOST_CLIENTS} clients watch this run already")

    def _hello(self, peer: Peer) -> Hello:
        served = self._served
        return Hello(
            served.ecosim, PROTOCOL, served.world, str(served.run.resolve()), served.commit(), operator_of(peer.uid)
        )


async def _clear(place: Path) -> None:
    """Remove a socket that a dead process has left; raises `Unreachable` if a live one answers there."""
    try:
        _, writer = await asyncio.open_unix_connection(place)
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        _remove(place)
    except OSError as error:
        raise Unreachable(f"{place}: in the way of this run's socket: {error.strerror}; remove it") from error
    else:
        writer.close()
        raise Unreachable(f"{place}: another process answers there, so this run is not served")


def _remove(place: Path, made: int | None = None) -> None:
    """Remove a socket; with the number of the one that was `made` here, no other."""
    if made is None or (place.exists() and place.stat().st_ino == made):
        place.unlink(missing_ok=True)
