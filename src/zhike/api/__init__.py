"""REST, one module per domain: routes parse and answer; rules live in actions and queries."""
