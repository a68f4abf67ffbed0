"""The command line of RevCycle and the stack on one machine; the only package that may import every service."""
