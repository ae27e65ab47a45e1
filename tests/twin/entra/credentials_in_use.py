"""Run as a program, so that the certificates in its environment are read before any TLS library is imported.

Takes a JSON object on stdin, gives one on stdout: what each real credential got.
"""

import asyncio
import json
import sys

from azure.identity import ClientSecretCredential, ManagedIdentityCredential, OnBehalfOfCredential, aio

GRAPH = "https://graph.microsoft.com/.default"
STORAGE = "https://storage.azure.com/.default"


def main():
    given = json.load(sys.stdin)
    entra = {"authority": given["authority"], "disable_instance_discovery": True}
    print(json.dumps(blocking(given, entra) | asyncio.run(non_blocking(given, entra))))


def blocking(given, entra):
    identity = ManagedIdentityCredential(client_id=given["app_id"])
    app = (given["tenant_id"], given["api_app_id"])

    def assertion():
        return identity.get_token("api://AzureADTokenExchange/.default").token

    secret = ClientSecretCredential(*app, given["client_secret"], **entra)
    person = OnBehalfOfCredential(
        *app, client_assertion_func=assertion, user_assertion=given["user_assertion"], **entra
    )
    return {
        "managed identity": identity.get_token(STORAGE).token,
        "client secret": secret.get_token(GRAPH).token,
        "on behalf of": person.get_token("https://graph.microsoft.com/Mail.Read").token,
    }


async def non_blocking(given, entra):
    app = (given["tenant_id"], given["api_app_id"])
    assertion = ManagedIdentityCredential(client_id=given["app_id"]).get_token("api://AzureADTokenExchange/.default")
    async with (
        aio.ManagedIdentityCredential(client_id=given["app_id"]) as identity,
        aio.DefaultAzureCredential(managed_identity_client_id=given["app_id"]) as default,
        aio.ClientSecretCredential(*app, given["client_secret"], **entra) as secret,
        aio.OnBehalfOfCredential(
            *app,
            client_assertion_func=lambda: assertion.token,
            user_assertion=given["user_assertion"],
            **entra,
        ) as person,
    ):
        return {
            "managed identity, aio": (await identity.get_token(STORAGE)).token,
            "default, aio": (await default.get_token(GRAPH)).token,
            "client secret, aio": (await secret.get_token(GRAPH)).token,
            "on behalf of, aio": (await person.get_token("https://graph.microsoft.com/Mail.Read")).token,
            "wrong secret, aio": await refused(
                aio.ClientSecretCredential(*app, "wrong", **entra), "https://graph.microsoft.com/.default"
            ),
            "unknown identity, aio": await refused(aio.ManagedIdentityCredential(client_id="unknown"), STORAGE),
        }


async def refused(credential, scope):
    async with credential:
        try:
            await credential.get_token(scope)
        except Exception as fault:
            return f"{type(fault).__name__}: {fault}"
    return "not refused"


if __name__ == "__main__":
    main()
