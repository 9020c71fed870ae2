"""The ABIs of contracts/artifacts as typed Python. The modules are written by contracts/bin/build."""
