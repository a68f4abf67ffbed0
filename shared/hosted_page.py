"""What pages have in common that people open by a link, without a login: headers, language, the fields of a form."""

import base64
import hashlib
from collections.abc import Collection
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request

FORM_BYTES_MAX = 64 * 1024
FIELDS_MAX = 1000


def page_headers(style: str, goes_to: str = "") -> dict[str, str]:
    """Nothing in the page runs, nothing is fetched, nobody frames it, keeps it, or learns where somebody came from.

    `style` is the text of its one style element, and `goes_to` another address that its form may lead to.
    """
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    parts = urlsplit(goes_to)
    forms = f"'self' {parts.scheme}://{parts.netloc}" if goes_to else "'self'"
    allowed = f"style-src 'sha256-{digest}'; form-action {forms}; frame-ancestors 'none'; base-uri 'none'"
    return {
        "Content-Security-Policy": f"default-src 'none'; {allowed}",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
    }


def page_language(request: Request, spoken: Collection[str]) -> str:
    """What was chosen (`lang`), else what the browser prefers, else English."""
    chosen = request.query_params.get("lang", "")
    preferred = request.headers.get("accept-language", "").strip().lower()[:2]
    return next((one for one in (chosen, preferred) if one in spoken), "en")


async def form_fields(request: Request) -> dict[str, list[str]]:
    """The fields of a form in the order in which they came; nothing of what is no form, or too long."""
    content = await request.body()
    if len(content) > FORM_BYTES_MAX:
        return {}
    try:
        return parse_qs(content.decode("ascii"), max_num_fields=FIELDS_MAX)
    except ValueError:
        return {}
