"""What was asked, decided and done in a run, read from its log alone: the audit, and what another policy would say."""
