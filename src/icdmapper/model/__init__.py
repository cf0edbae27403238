"""The nouns, and what "same" means. Standard library only."""
