"""What kind of terminal the console is on."""

import os

LOCAL_RATE = 5.0
REMOTE_RATE = 2.0


def is_remote() -> bool:
    """Whether the terminal is at the other end of an SSH connection, where each frame costs."""
    return bool(os.environ.get("SSH_CONNECTION"))


def default_rate() -> float:
    """How often per second the screen asks for news."""
    return REMOTE_RATE if is_remote() else LOCAL_RATE
