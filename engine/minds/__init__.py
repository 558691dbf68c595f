"""Minds: what decides for an agent. They are strangers to the engine: they see an observation and answer an action."""
