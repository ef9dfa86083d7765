"""What every floor stands on: time, ids, money, text, errors, paging.

No models, nothing of the domain.
"""
