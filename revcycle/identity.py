"""The development identity provider: signs access tokens with a key of the run directory. Never for production."""

import json
import os
import secrets
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from revcycle.refusal import Exit, RefusalError
from revcycle.stack.layout import Layout, write_private
from shared.auth import DEVELOPMENT_ISSUER, Role

AUDIENCE = "revcycle"
ALGORITHM = "ES256"
DEFAULT_TTL = timedelta(hours=8)


def refuse_in_production() -> None:
    """RefusalError where REVCYCLE_ENV says production: there, tokens come from the organisation's provider."""
    if os.environ.get("REVCYCLE_ENV") == "production":
        message = "The development identity provider is refused when REVCYCLE_ENV=production."
        raise RefusalError(message, Exit.REFUSED)


def make_identity(layout: Layout) -> None:
    """A signing key and its public half (`identity/jwks.json`); once, so that tokens outlive a restart."""
    refuse_in_production()
    private = _private_key(layout)
    if not private.exists():
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM}, private=True, auto_kid=True)
        write_private(private, json.dumps(key.as_dict(private=True)).encode())
    public = _read_key(private).as_dict(private=False)
    write_private(layout.jwks, json.dumps({"keys": [public]}, indent=2).encode())


def issue_token(layout: Layout, tenant: str, actor: str, roles: Sequence[Role], ttl: timedelta = DEFAULT_TTL) -> str:
    """A signed access token for one tenant. RefusalError in production, or where no stack was ever started."""
    refuse_in_production()
    private = _private_key(layout)
    if not private.exists():
        message = f"No development key in {layout.identity}: start a stack first (revcycle up)."
        raise RefusalError(message, Exit.NOT_RUNNING)
    key = _read_key(private)
    now = int(time.time())
    claims = {
        "iss": DEVELOPMENT_ISSUER,
        "aud": AUDIENCE,
        "sub": actor,
        "tenant": tenant,
        "roles": list(roles),
        "iat": now,
        "exp": now + int(ttl.total_seconds()),
        "jti": secrets.token_hex(16),
    }
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key)


def public_keys(layout: Layout) -> KeySet:
    """What services verify with."""
    return KeySet.import_key_set(json.loads(layout.jwks.read_bytes()))


def _private_key(layout: Layout) -> Path:
    return layout.identity / "signing-key.json"


def _read_key(path: Path) -> ECKey:
    return ECKey.import_key(json.loads(path.read_bytes()))
