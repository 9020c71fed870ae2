"""A market on loopback that speaks the wire formats of real exchanges, for trying and testing the oracle offline."""
