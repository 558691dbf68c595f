"""Runs code that agents wrote: never in the engine's process, measured, limited, one call sharing nothing with another."""
