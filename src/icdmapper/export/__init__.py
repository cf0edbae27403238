"""The mapping table out: exact for machines, safe for people."""
