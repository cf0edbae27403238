"""The checks of `resources/hqms/rules.csv`, one named function each, grouped by theme."""
