"""The physics of the ecology: pure, no clock, no randomness, no I/O; imports nothing of the engine outside itself."""
