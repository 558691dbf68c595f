"""The key figures and the auditor."""
