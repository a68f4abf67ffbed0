"""How soon a work list is there."""
