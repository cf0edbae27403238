"""Proposals: which reference codes a local code may mean, and why."""
