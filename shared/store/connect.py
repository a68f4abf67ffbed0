"""Which driver talks to MongoDB. PyMongo's async API is the default; Motor, past its end of life, stays selectable."""

from typing import Any, Literal

from pymongo import AsyncMongoClient

TIMEOUTS_MS: dict[str, Any] = {"serverSelectionTimeoutMS": 5_000, "socketTimeoutMS": 30_000, "connectTimeoutMS": 5_000}


def connect(url: str, driver: Literal["pymongo", "motor"] = "pymongo") -> Any:
    """A client of the chosen driver; for what the store uses, both have the same methods."""
    if driver == "motor":
        from motor.motor_asyncio import AsyncIOMotorClient

        return AsyncIOMotorClient(url, tz_aware=True, **TIMEOUTS_MS)
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, tz_aware=True, **TIMEOUTS_MS)
    return client


async def disconnect(client: Any) -> None:
    """Close a client of either driver."""
    closing = client.close()
    if closing is not None:
        await closing
