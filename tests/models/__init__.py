"""Models: limits, calls, keys, and the process that asks, against a real HTTP server that misbehaves on purpose."""
