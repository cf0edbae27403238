"""One page per step of the flow."""
