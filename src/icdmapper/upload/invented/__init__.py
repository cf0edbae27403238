"""The parts of an invented month of discharges; `upload.synthetic` puts them together."""
