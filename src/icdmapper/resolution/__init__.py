"""Decisions: who maps what, by which relation, undone and audited."""
