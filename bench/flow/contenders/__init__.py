"""Ways to consume, decide, store and publish the same messages."""
