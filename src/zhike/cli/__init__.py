"""The command `zhike`: a thin door, no rules inside."""
