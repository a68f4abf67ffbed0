"""What grows and what must not: stored claims, messages handled, workers, and the time until a process serves."""
