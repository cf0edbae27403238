"""The only SQL: code sets, mappings, proposals and the event log."""
