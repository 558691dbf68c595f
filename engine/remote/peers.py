"""Who is at the other end of a local socket: the operating system says so, never the client."""

import grp
import os
import pwd
import socket
import struct
import sys
from dataclasses import dataclass
from typing import Protocol

from engine.remote.errors import Unreachable


@dataclass(frozen=True, slots=True)
class Peer:
    """The user and the group of the process at the other end."""

    uid: int
    gid: int


class HasOptions(Protocol):
    """A socket, as far as it matters here."""

    def getsockopt(self, level: int, option: int, length: int, /) -> bytes: ...


def peer_of(connection: HasOptions) -> Peer:
    """The process that connected, or that listens; raises `Unreachable` where the system cannot tell."""
    if sys.platform == "linux":
        told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _pid, uid, gid = struct.unpack("3i", told)
        return Peer(uid, gid)
    raise Unreachable(f"on {sys.platform} the user at the other end of a socket is not known, so nobody is let in")


def require_peers() -> None:
    """Raise `Unreachable` where the system cannot tell who connects."""
    ends = socket.socketpair()
    try:
        peer_of(ends[0])
    finally:
        for end in ends:
            end.close()


def may_enter(peer: Peer, owners: frozenset[int], group: int) -> bool:
    """Whether a user may watch and steer: an owner, root, or a member of the socket's group."""
    if peer.uid == 0 or peer.uid in owners or peer.gid == group:
        return True
    try:
        members = grp.getgrgid(group).gr_mem
    except KeyError:
        return False
    return user_name(peer.uid) in members


def user_name(uid: int) -> str:
    """The name of a user; the number where the system knows none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def operator_of(uid: int | None = None) -> str:
    """The name under which a user's commands are recorded; this process's user if none is given."""
    return f"operator:{user_name(os.geteuid() if uid is None else uid)}"
