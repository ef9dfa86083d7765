"""Consents on the customer page, erasure and its certificates, the firm's policy."""
