"""The port to a card processor: an API and webhooks in the shape of Stripe's. Tokens only; no card ever comes here.

Nothing of a patient goes there: an intent carries our pseudonymous ids and an amount.
"""

import hashlib
import hmac
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import httpx
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter

ANY_TENANT = "*"
TOLERANCE_SECONDS = 300
"""How old a signed webhook may be: what Stripe's own libraries allow, against replays of a stolen one."""
TIMEOUT_SECONDS = 20.0


class ProcessorRefusedError(Exception):
    """The processor will not do it (HTTP 4xx). `code` is its own code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SignatureRefusedError(Exception):
    """A webhook that its sender did not sign, or too long ago. The reason never quotes it."""


class ProcessorAccount(BaseModel):
    """A client's account with the processor. Several webhook secrets while one is being replaced."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: HttpUrl | None = Field(default=None, description="Unset: the sandbox of the local stack.")
    pay_page: HttpUrl | None = Field(
        default=None,
        description="The processor's own page that takes the card, to which the payment page leads; unset, with the "
        "sandbox: the sandbox's.",
    )
    api_key: str = Field(min_length=16)
    webhook_secrets: tuple[str, ...] = Field(min_length=1)


ACCOUNTS: TypeAdapter[dict[str, ProcessorAccount]] = TypeAdapter(dict[str, ProcessorAccount])


class Intent(NamedTuple):
    """A payment intent as the processor holds it."""

    processor_id: str
    client_secret: str


class Processor(Protocol):
    """What a processor is asked. Every call carries our id as its idempotency key, so a repeat is the same."""

    async def create_intent(self, tenant: str, intent_id: str, cents: int, method: str, account_id: str) -> Intent:
        """Raises ProcessorRefusedError; an outage raises httpx.HTTPError and is tried again."""
        ...

    async def charge_stored(
        self, tenant: str, intent_id: str, cents: int, method: str, account_id: str, token: str
    ) -> Intent:
        """Take it from a stored card or bank account, without the guarantor. Raises as `create_intent`.

        A decline may be the answer (refused, with its code) or come later as news.
        """
        ...

    async def create_refund(self, tenant: str, refund_id: str, processor_id: str, cents: int) -> str:
        """The processor's id of the refund. Raises as `create_intent`."""
        ...


def read_accounts(path: Path | None, sandbox_url: str | None, *, production: bool) -> Mapping[str, ProcessorAccount]:
    """The accounts of a TOML file by tenant; `*` is every other tenant's, for the sandbox only."""
    if path is None:
        return {}
    with path.open("rb") as file:
        accounts = ACCOUNTS.validate_python(tomllib.load(file))
    if production and ANY_TENANT in accounts:
        msg = f"{path.name}: an account for every tenant is refused when REVCYCLE_ENV=production: name each tenant"
        raise ValueError(msg)
    sandbox = None if sandbox_url is None else HttpUrl(f"{sandbox_url.rstrip('/')}/processor")
    placed = {tenant: one if one.url else _in_sandbox(one, sandbox) for tenant, one in accounts.items()}
    homeless = [tenant for tenant, one in placed.items() if one.url is None]
    if homeless:
        msg = f"{path.name}: {', '.join(homeless)}: url is missing, and there is no sandbox"
        raise ValueError(msg)
    return placed


def _in_sandbox(account: ProcessorAccount, sandbox: HttpUrl | None) -> ProcessorAccount:
    page = None if sandbox is None else HttpUrl(f"{str(sandbox).rstrip('/')}/pay")
    return account.model_copy(update={"url": sandbox, "pay_page": account.pay_page or page})


def account_of(accounts: Mapping[str, ProcessorAccount], tenant: str) -> ProcessorAccount | None:
    """The tenant's account. Under `*` each tenant has a webhook secret of its own, made of the common one."""
    own = accounts.get(tenant)
    if own is not None or (common := accounts.get(ANY_TENANT)) is None:
        return own
    secrets = tuple(secret_of(secret, tenant) for secret in common.webhook_secrets)
    return common.model_copy(update={"webhook_secrets": secrets})


def secret_of(common: str, tenant: str) -> str:
    """A tenant's webhook secret in a sandbox that serves all of them."""
    return f"whsec_{hmac.new(common.encode(), tenant.encode(), hashlib.sha256).hexdigest()}"


def signature(secret: str, at: int, body: bytes) -> str:
    """HMAC-SHA256 of time and body, as the `v1` of a `Stripe-Signature` header."""
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def check_signature(header: str, body: bytes, secrets: tuple[str, ...], now: int) -> None:
    """Raises SignatureRefusedError for what was not signed with one of these secrets, or not just now."""
    fields = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in fields if name == "t"]
    given = [value for name, _, value in fields if name == "v1"]
    if len(stamps) != 1 or not (stamps[0].isascii() and stamps[0].isdigit()) or len(stamps[0]) > 12 or not given:
        raise SignatureRefusedError("the Stripe-Signature header has no time or no v1 signature")
    at = int(stamps[0])
    wanted = [signature(secret, at, body) for secret in secrets]
    if not any(hmac.compare_digest(one.encode(), other.encode()) for one in given for other in wanted):
        raise SignatureRefusedError("the signature is not the one of this client's webhook secret")
    if abs(now - at) > TOLERANCE_SECONDS:
        raise SignatureRefusedError(f"it was signed more than {TOLERANCE_SECONDS} seconds ago, or in the future")


def intent_form(tenant: str, intent_id: str, cents: int, method: str, account_id: str) -> dict[str, str]:
    """What an intent is asked with: our ids, and nothing of a person."""
    return {
        "amount": str(cents),
        "currency": "usd",
        "payment_method_types[]": "us_bank_account" if method == "ach" else "card",
        "metadata[intent_id]": intent_id,
        "metadata[tenant]": tenant,
        "metadata[account_id]": account_id,
    }


class StripeShaped:
    """The port over HTTP."""

    def __init__(self, client: httpx.AsyncClient, accounts: Mapping[str, ProcessorAccount]) -> None:
        self._client, self._accounts = client, accounts

    async def create_intent(self, tenant: str, intent_id: str, cents: int, method: str, account_id: str) -> Intent:
        form = intent_form(tenant, intent_id, cents, method, account_id)
        made = await self._post(tenant, "/v1/payment_intents", f"intent-{intent_id}", form)
        return Intent(str(made["id"]), str(made["client_secret"]))

    async def charge_stored(
        self, tenant: str, intent_id: str, cents: int, method: str, account_id: str, token: str
    ) -> Intent:
        form = intent_form(tenant, intent_id, cents, method, account_id)
        form |= {"payment_method": token, "confirm": "true", "off_session": "true"}
        made = await self._post(tenant, "/v1/payment_intents", f"intent-{intent_id}", form)
        return Intent(str(made["id"]), str(made["client_secret"]))

    async def create_refund(self, tenant: str, refund_id: str, processor_id: str, cents: int) -> str:
        form = {
            "payment_intent": processor_id,
            "amount": str(cents),
            "metadata[refund_id]": refund_id,
            "metadata[tenant]": tenant,
        }
        return str((await self._post(tenant, "/v1/refunds", f"refund-{refund_id}", form))["id"])

    async def _post(self, tenant: str, path: str, key: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        account = account_of(self._accounts, tenant)
        if account is None:
            raise ProcessorRefusedError("no_processor_account")
        answer = await self._client.post(
            f"{str(account.url).rstrip('/')}{path}",
            data=dict(form),
            headers={"Authorization": f"Bearer {account.api_key}", "Idempotency-Key": key},
        )
        made: Mapping[str, Any] = answer.json() if answer.content else {}
        if answer.status_code in {400, 402, 404, 409, 422}:
            error: Mapping[str, Any] = made.get("error", {})
            code = error.get("decline_code") or error.get("code", answer.status_code)
            raise ProcessorRefusedError(str(code)[:60])
        answer.raise_for_status()
        return made
