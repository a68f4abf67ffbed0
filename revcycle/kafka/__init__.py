"""Apache Kafka on this machine: fetched once, run as one broker or as three. The local stack does without."""
