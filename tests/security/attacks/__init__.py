"""Attacks that have a name, each in a world of its own, and each with nothing to show for it."""
