"""The health of an economy: key figures, sampled on a clock of their own."""
