"""Coverage checks: 270 and 271, benefits, authorization needs."""
