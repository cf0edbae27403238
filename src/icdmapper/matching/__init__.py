"""Proposals: which reference entries a local code may mean, and why."""
