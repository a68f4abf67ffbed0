"""Whether a program of somebody else's reads, or writes, the events as the contract says."""
