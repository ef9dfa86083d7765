"""How good the customer file is: complete, fresh, verified; and what is done about it."""
