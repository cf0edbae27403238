"""icdmapper: map a hospital's own codes to the HQMS reference sets."""

__version__ = "0.1.0"
