"""What a rule would have done over the last 90 days, read from ledger, contacts and orders: shown
before it is switched on."""
