"""Which driver talks to MongoDB. PyMongo's async API is the default; Motor, past its end of life, stays selectable."""

from typing import Any, Literal

from pymongo import AsyncMongoClient

OPTIONS: dict[str, Any] = {
    "serverSelectionTimeoutMS": 5_000,
    "socketTimeoutMS": 60_000,
    "connectTimeoutMS": 5_000,
    # A heartbeat is enough: a failed operation tells of a lost server sooner than a monitor's stream would.
    "serverMonitoringMode": "poll",
}


def connect(url: str, driver: Literal["pymongo", "motor"] = "pymongo", pool_size: int = 50) -> Any:
    """A client of the chosen driver; for what the store uses, both have the same methods."""
    if driver == "motor":
        from motor.motor_asyncio import AsyncIOMotorClient

        return AsyncIOMotorClient(url, tz_aware=True, maxPoolSize=pool_size, **OPTIONS)
    client: AsyncMongoClient[dict[str, Any]]
    client = AsyncMongoClient(url, tz_aware=True, maxPoolSize=pool_size, **OPTIONS)
    return client


async def disconnect(client: Any) -> None:
    """Close a client of either driver."""
    closing = client.close()
    if closing is not None:
        await closing
