"""`revcycle demo`: the whole cycle on real files, 180 days of it, on this machine."""
