"""Who is calling: access tokens (JWT) verified against a JWKS; the tenant and the roles come from the token only."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

Role: TypeAlias = Literal["biller", "poster", "collector", "operator", "auditor", "integrator", "client"]
"""`client`: somebody of the practice that is billed for. The token's tenant is that practice, and it only reads."""

DEVELOPMENT_ISSUER = "urn:revcycle:development"
ALGORITHMS = ["RS256", "ES256", "EdDSA"]


class Principal(NamedTuple):
    """A caller: whose data it may touch, who it is, and what it may do."""

    tenant: str
    actor: str
    roles: frozenset[str]

    def may(self, allowed: Iterable[Role]) -> bool:
        return not self.roles.isdisjoint(allowed)


class NotAuthenticatedError(Exception):
    """No token, or one that proves nothing. The reason never quotes the token."""


class Authenticator:
    """Verifies tokens. A development issuer is refused in production, whatever its keys."""

    def __init__(self, keys: KeySet, issuer: str, audience: str, *, production: bool) -> None:
        if production and issuer == DEVELOPMENT_ISSUER:
            msg = "REVCYCLE_ISSUER: the development identity provider is refused when REVCYCLE_ENV=production"
            raise ValueError(msg)
        self._keys = keys
        self._claims = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
            tenant={"essential": True},
        )

    @classmethod
    def from_file(cls, path: Path, issuer: str, audience: str, *, production: bool) -> "Authenticator":
        return cls(KeySet.import_key_set(json.loads(path.read_text())), issuer, audience, production=production)

    def verify(self, authorization: str | None) -> Principal:
        """The caller of an `Authorization: Bearer …` header; NotAuthenticatedError otherwise."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            msg = "send an access token: Authorization: Bearer <token>"
            raise NotAuthenticatedError(msg)
        try:
            claims = jwt.decode(token, self._keys, algorithms=ALGORITHMS).claims
            self._claims.validate(claims)
        except (JoseError, ValueError) as error:
            msg = f"the access token is refused: {type(error).__name__}"
            raise NotAuthenticatedError(msg) from None
        roles = claims.get("roles", ())
        return Principal(str(claims["tenant"]), str(claims["sub"]), frozenset(str(role) for role in roles))
