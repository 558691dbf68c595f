"""Runs code that agents wrote: never in the engine's process, limited, measured, no call sharing with another."""
