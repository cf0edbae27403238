"""Developer tools: speed, memory and matching quality; never imported, never shipped."""
