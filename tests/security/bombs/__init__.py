"""Code that wants more than it is given: time, memory, depth, room to speak."""
