"""`python -m revcycle`."""

from revcycle.cli import main

main()
