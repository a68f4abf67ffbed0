"""What runs RevCycle elsewhere than on a developer's machine."""
