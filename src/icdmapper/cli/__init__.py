"""The console, for schedulers and for people who like to type."""
