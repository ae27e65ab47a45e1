"""JSON over HTTPS as whoever deploys: for Microsoft Graph, Key Vault and Azure Resource Manager."""

import os
from collections.abc import Mapping
from typing import Any

import httpx
from azure.core.credentials import TokenCredential
from azure.identity import AzureCliCredential, AzureDeveloperCliCredential, ChainedTokenCredential


class Refused(Exception):
    """The other side said no, with its own words."""

    def __init__(self, answer: httpx.Response) -> None:
        self.status = answer.status_code
        super().__init__(f"{answer.request.method} {answer.request.url}: {self.status} {answer.text}")


class Rest:
    """`url` is what paths are added to, `scope` what the token is for. Calls raise Refused and httpx.HTTPError."""

    def __init__(
        self, url: str, scope: str, *, credential: TokenCredential, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._scope, self._credential = scope, credential
        self._http = httpx.Client(base_url=url, timeout=60, transport=transport)

    def find(self, path: str) -> dict[str, Any] | None:
        """None for 404."""
        try:
            return self.call("GET", path)
        except Refused as refusal:
            if refusal.status != 404:
                raise
            return None

    def list(self, path: str) -> list[dict[str, Any]]:
        """`value` of all pages."""
        page = self.call("GET", path)
        rows = list(page["value"])
        while link := page.get("@odata.nextLink"):
            page = self.call("GET", link)
            rows += page["value"]
        return rows

    def call(
        self, method: str, path: str, body: object = None, *, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """The answer's JSON; empty where it has none."""
        token = self._credential.get_token(self._scope).token
        sent = {"Authorization": f"Bearer {token}", **(headers or {})}
        answer = self._http.request(method, path, json=body, headers=sent)
        if answer.is_error:
            raise Refused(answer)
        return dict(answer.json()) if answer.content else {}


def deployer() -> TokenCredential:
    """Signed in by `azd auth login` or `az login`, and nothing else: no identity of an environment in between."""
    tenant = os.environ.get("AZURE_TENANT_ID", "")
    return ChainedTokenCredential(AzureDeveloperCliCredential(tenant_id=tenant), AzureCliCredential(tenant_id=tenant))
