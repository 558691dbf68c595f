"""Frozen views of the world by topic: plain data with a revision, built only for topics that somebody watches."""
