"""Agents' code at work: contracts that decide, tools that serve, programs that think, each run in the sandbox."""
