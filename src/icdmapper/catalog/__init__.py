"""Reference and local codes, looked up, searched and browsed as a tree."""
