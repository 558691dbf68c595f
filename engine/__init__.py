"""The engine of Ecosim: an agent ecology with transactions, a journal and one door for operators.

Nothing is imported here, so that ``import engine`` costs nothing; take what you need from its rooms:
`engine.kernel` (physics), `engine.runtime` (time and agents), `engine.store` (one run, one file),
`engine.worldfile`, `engine.operator` (commands) and `engine.view` (frozen snapshots).
"""
