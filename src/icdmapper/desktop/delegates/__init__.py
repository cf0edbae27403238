"""Painting only: scores, states, text differences."""
