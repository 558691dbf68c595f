"""Time and agents: the clock, the timers, one agent's step, periodic clocks, and the runner that joins them."""
