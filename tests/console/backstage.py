"""The services behind the console, made up: as far as work lists ask them, and with a memory of what was changed."""

import json
from typing import Any

import httpx


class Backstage:
    """The services behind the console, as far as a work list asks them."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.versions: dict[str, int] = {}
        self.owners: dict[str, str] = {}
        self.refuses: dict[str, str] = {}
        self.is_down = False

    def client_for(self, url: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self.answer), base_url=url)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.is_down:
            raise httpx.ConnectError("down", request=request)
        path = request.url.path
        if request.method == "POST":
            return self._changed(request, path)
        if path == "/work-items":
            ids = request.url.params.get("ids", "").split(",")
            items = [{"claim_id": i, "version": self.versions.get(i, 1), "owner": self.owners.get(i)} for i in ids if i]
            return httpx.Response(200, json={"items": items, "next": None})
        if path.startswith("/work-items/"):
            return httpx.Response(200, json={"history": [{"actor": "sam"}, {"actor": "dana"}]})
        if path == "/cash/work":
            rows = [
                {
                    "kind": "unapplied_cash",
                    "id": "dep_1",
                    "cents": 5_00,
                    "since": "2026-06-01",
                    "what": "=1+1",
                    "age_days": 30,
                }
            ]
            return httpx.Response(200, json={"counts": {}, "items": rows})
        return httpx.Response(200, json=[])

    def _changed(self, request: httpx.Request, path: str) -> httpx.Response:
        body = json.loads(request.content)
        if path == "/work-items/bulk":
            refused = [i["claim_id"] for i in body["items"] if i["claim_id"] in self.refuses]
            failed = [{"claim_id": i, "reason": self.refuses[i]} for i in refused]
            return httpx.Response(200, json={"done": len(body["items"]) - len(failed), "failed": failed})
        id_ = path.split("/")[2]
        if id_ in self.refuses:
            return httpx.Response(409, json={"detail": self.refuses[id_]})
        self.owners[id_] = str(body.get("owner") or "")
        return httpx.Response(200, json={"version": 2})

    @property
    def changes(self) -> list[tuple[str, Any]]:
        return [(r.url.path, json.loads(r.content)) for r in self.asked if r.method == "POST"]
