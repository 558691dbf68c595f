"""What is raised where models cannot be had at all."""

from engine.kernel.errors import EcosimError


class ModelsUnavailable(EcosimError):
    """The process that asks models cannot be had; the message says why."""
