"""What `revcycle x12` does with files, apart from its options."""
