import time

import pytest


def right(world):
    query = {"api-version": "2019-08-01", "resource": "https://storage.azure.com", "client_id": world.app_id}
    return query, {"X-IDENTITY-HEADER": world.entra.identity_header}


async def test_the_app_gets_a_token_for_its_identity(world, managed_identity):
    query, headers = right(world)

    body = (await managed_identity.get("/msi/token", params=query, headers=headers)).json()

    claims = world.entra.verify(body["access_token"], "https://storage.azure.com")
    assert claims["oid"] == world.principal_id
    assert (body["resource"], body["token_type"]) == ("https://storage.azure.com", "Bearer")
    assert isinstance(body["expires_on"], str)
    assert int(body["expires_on"]) > time.time()


async def test_nobody_else_gets_one(world, managed_identity):
    query, _ = right(world)

    none = await managed_identity.get("/msi/token", params=query)
    wrong = await managed_identity.get("/msi/token", params=query, headers={"X-IDENTITY-HEADER": "wrong"})

    assert (none.status_code, wrong.status_code) == (401, 401)


@pytest.mark.parametrize(
    "change", [{"client_id": "unknown"}, {"client_id": None}, {"resource": None}, {"api-version": "2017-09-01"}]
)
async def test_a_request_that_app_service_refuses_gets_its_400(world, managed_identity, change):
    query, headers = right(world)
    query = {name: value for name, value in (query | change).items() if value}

    answer = await managed_identity.get("/msi/token", params=query, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["StatusCode"] == 400


async def test_a_resource_that_entra_does_not_know_is_refused(world, managed_identity):
    query, headers = right(world)

    answer = await managed_identity.get(
        "/msi/token", params=query | {"resource": "https://localhost:7083"}, headers=headers
    )

    assert "AADSTS500011" in answer.json()["Message"]
