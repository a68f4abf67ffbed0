"""Amounts as people read them."""


def dollars(cents: int) -> str:
    """`-$1,234.50`."""
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02}"
