"""Draft configurations that run beside production and send nothing."""
