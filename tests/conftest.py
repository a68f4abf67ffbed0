"""Fixtures every test may ask for, and how hard properties try."""

from hypothesis import settings

pytest_plugins = ["tests.servers", "tests.outbound"]

# `make check` tries a few examples of each property, `make test` many; a slow machine is no failure of either.
settings.register_profile("quick", max_examples=8, deadline=None)
settings.register_profile("full", max_examples=50, deadline=None)
settings.load_profile("full")
