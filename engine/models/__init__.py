"""Language models: what is asked of them, what comes back, and the process that asks them."""
