"""Pure price mathematics: no Django, Celery, HTTP, web3, clock or logger. ``now`` is always an argument."""
