"""Django settings: ``base`` for all, ``local`` for `make run`, ``test`` for pytest, ``production`` for servers."""
