"""What must hold of any bytes at all, for properties and for coverage-guided fuzzing alike."""
