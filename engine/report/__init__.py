"""A run's report: key figures and health, read from its file alone, as text, JSON or one page of HTML."""
