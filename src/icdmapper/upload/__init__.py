"""The daily run: translate, validate and send the day's records."""
