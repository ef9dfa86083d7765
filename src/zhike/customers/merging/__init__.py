"""Two files that are one customer become one, and two again if that was wrong.

`actions` merges and takes apart, `fields` chooses what stands in the merged file, `pointers` moves
whatever points at a customer, `following` leads from a merged customer to whom it was merged into.
"""
