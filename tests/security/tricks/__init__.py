"""Tricks to get out of the sandbox, by what they abuse."""
