"""Capability requests and grants: the catalogue of verbs, the answers, and their enforcement at the point of use."""
