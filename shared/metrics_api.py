"""`GET /metrics`: for Prometheus, with a token of its own, and for operators. Not public: it tells how much is done."""

import hmac
from functools import cache
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from shared.audit_edge import without_patients
from shared.http import allow, running_of
from shared.metrics import Exporter
from shared.overload import gate_of

router = APIRouter()
TOKEN_BYTES_MIN = 24
_operator = allow("operator")


@cache
def _token(path: Path) -> bytes:
    token = path.read_bytes().strip()
    if len(token) < TOKEN_BYTES_MIN:
        msg = f"{path}: a token of at least {TOKEN_BYTES_MIN} characters is needed"
        raise ValueError(msg)
    return token


def _may_read(request: Request) -> None:
    """Whoever shows the token of `REVCYCLE_METRICS_TOKEN_FILE`, and operators; 401 and 403 as everywhere else."""
    path = running_of(request).runtime.settings.metrics_token_file
    shown = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
    if path is None or not hmac.compare_digest(shown, _token(path)):
        _operator(request)


@router.get("/metrics", include_in_schema=False)
@without_patients
async def metrics(request: Request) -> Response:
    """Everything this process counts, in Prometheus's text format."""
    if getattr(request.app.state, "running", None) is None:
        raise HTTPException(503, "the service is still starting")
    _may_read(request)
    exporter: Exporter | None = getattr(request.app.state, "exporter", None)
    running = running_of(request)
    if exporter is None or exporter.running is not running:
        exporter = request.app.state.exporter = Exporter(running, gate_of(request))
    text, content_type = await exporter.text()
    return Response(text, headers={"content-type": content_type})
