"""Sharing one customer with a person or a team: `actions` shares and takes back."""
