"""What privacy says. That a customer was erased is declared with the customer file."""
