"""Adapters from plain rows to Qt roles."""
