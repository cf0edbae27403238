"""A look-alike of the platform to rehearse against: same endpoints, own eyes, faults on request."""
