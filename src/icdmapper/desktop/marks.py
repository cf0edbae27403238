"""The marks of names, as widgets take them."""

from icdmapper.model.marks import MarkedNames, Run, Tone, compare

__all__ = ["MarkedNames", "Run", "Tone", "compare"]
