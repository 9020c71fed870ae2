"""What the API's replies and bodies look like; only this package knows."""
