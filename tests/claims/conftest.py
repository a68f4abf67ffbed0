"""Properties of the claims service run on shared, busy machines: an example may take its time."""

from hypothesis import settings

settings.register_profile("claims", deadline=None)
settings.load_profile("claims")
