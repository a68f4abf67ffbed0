"""Partners that take files over SFTP: under a draft name first, then renamed, then looked for by name and size.

A server that says yes and keeps nothing is found out: only a file that its own listing shows with every byte counts.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from services.claims.routing import SftpRoute

if TYPE_CHECKING:
    import asyncssh


class Fault(NamedTuple):
    """Why the file is not there: a code, and what to do in words that name no secret."""

    code: str
    message: str


@asynccontextmanager
async def _connected(route: SftpRoute) -> "AsyncGenerator[asyncssh.SFTPClient]":
    import asyncssh  # few partners speak it, and each start would pay for it

    host_key = asyncssh.import_public_key(route.host_key)
    async with (
        asyncssh.connect(
            route.host,
            route.port,
            username=route.user,
            client_keys=[str(route.key_file)],
            known_hosts=([host_key], [], []),
            connect_timeout=route.timeout_seconds,
            login_timeout=route.timeout_seconds,
            config=None,
            agent_path=None,
        ) as connection,
        connection.start_sftp_client() as client,
    ):
        yield client


async def listed(route: SftpRoute, name: str) -> bool | None:
    """Whether the partner's folder shows a file of this name; None when it cannot be asked."""
    import asyncssh

    try:
        async with _connected(route) as client:
            return await _size(client, route.folder, name) is not None
    except (asyncssh.Error, asyncssh.SFTPError, asyncssh.KeyImportError, OSError, TimeoutError):
        return None


async def upload(route: SftpRoute, name: str, content: bytes) -> Fault | None:
    """Put a file into the partner's folder; None when its listing shows it whole. A file that lies there is left."""
    import asyncssh

    try:
        async with _connected(route) as client:
            return await _put(client, route.folder, name, content)
    except asyncssh.HostKeyNotVerifiable:
        return Fault("SFTP:host-key", "The server shows another host key than the one entered: ask the partner why.")
    except asyncssh.PermissionDenied:
        return Fault("SFTP:login", "The server refuses our user or key: ask the partner to let it in.")
    except (asyncssh.KeyImportError, FileNotFoundError):
        return Fault(
            "SFTP:key", "Our private key or the partner's host key cannot be read: correct the partner's entry."
        )
    except asyncssh.SFTPError as error:
        message = (
            f"The server refused the upload ({type(error).__name__}): look at the partner's folder and its rights."
        )
        return Fault("SFTP:upload", message)
    except (asyncssh.Error, OSError, TimeoutError) as error:
        message = f"The server cannot be reached ({type(error).__name__}): the file is sent again."
        return Fault("SFTP:unreachable", message)


async def _put(client: "asyncssh.SFTPClient", folder: str, name: str, content: bytes) -> Fault | None:
    before = await _size(client, folder, name)
    if before == len(content):
        return None
    if before is not None:
        message = "A file of this name and another size lies at the partner: somebody else wrote it, or it was cut off."
        return Fault("SFTP:conflict", message)
    draft = f"{folder}/.{name}.part"
    async with client.open(draft, "wb") as file:
        await file.write(content)
    await client.rename(draft, f"{folder}/{name}")
    after = await _size(client, folder, name)
    if after is None:
        message = "The server said that it took the file, but its listing does not show it: it is not counted as sent."
        return Fault("SFTP:absent", message)
    if after != len(content):
        return Fault(
            "SFTP:size", "The file at the partner has another size than the one sent: it is not counted as sent."
        )
    return None


async def _size(client: "asyncssh.SFTPClient", folder: str, name: str) -> int | None:
    """What the folder's listing says; a stat of the name alone would ask the same memory that took the file."""
    async for entry in client.scandir(folder):
        if entry.filename == name:
            return entry.attrs.size
    return None
