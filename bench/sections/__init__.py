"""One module per section; its name is the section's, its ``measure`` is run."""
