"""`make run`: everything the oracle needs, started on one machine and stopped again without a trace."""
