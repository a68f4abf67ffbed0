"""The read side for operations: worklists, timelines, aging, dead letters."""
