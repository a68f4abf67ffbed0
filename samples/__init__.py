"""Sample files: the public corpus, copies of it that can flow, generated claims, claims to match its remittances."""
