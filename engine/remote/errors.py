"""What can go wrong between a run and those who watch it from another process; each says what to do."""

from engine.kernel.errors import EcosimError


class RemoteError(EcosimError):
    """Root of the errors about a run in another process."""


class Unreachable(RemoteError):
    """Nobody answers where the run should, or whoever does must not be trusted."""


class ConnectionLost(RemoteError):
    """The process that has the run open has gone, or has dropped the connection."""


class Refused(RemoteError):
    """The process that has the run open could not do what it was asked; the connection still stands."""


class BadFrame(RemoteError):
    """What came over the connection is no message of the protocol: the connection is of no use any more."""
