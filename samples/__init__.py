"""Sample files: the public corpus, copies of it that can flow, a generated day of claims, claims to match its remittances."""
