"""Who may have resource data: https://learn.microsoft.com/graph/change-notifications-with-resource-data (2026-04)."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from graph_builders import bearer, delegated_token, in_minutes, token
from key_holder import certified


@pytest.mark.parametrize(
    "changes",
    [
        {"encryptionCertificate": None},
        {"encryptionCertificateId": None},
        {"encryptionCertificateId": "x" * 129},
        {"encryptionCertificate": "not base64"},
        {"encryptionCertificate": base64.b64encode(b"not a certificate").decode()},
        {"includeResourceData": "yes"},
        {"includeResourceData": False},
    ],
    ids=str,
)
async def test_resource_data_needs_a_readable_certificate_and_its_id(call, rich_body, changes):
    wrong = {name: value for name, value in (rich_body | changes).items() if value is not None}

    assert (await call("POST", "/subscriptions", wrong)).status_code == 400


@pytest.mark.parametrize(
    "key",
    [rsa.generate_private_key(public_exponent=65537, key_size=1024), ec.generate_private_key(ec.SECP256R1())],  # noqa: S505
    ids=["RSA 1024", "EC"],
)
async def test_only_rsa_keys_of_2048_bits_or_more_are_taken(call, rich_body, key):
    rich_body["encryptionCertificate"] = base64.b64encode(certified(key)).decode()

    assert (await call("POST", "/subscriptions", rich_body)).status_code == 400


@pytest.mark.parametrize("query", ["", "?$select=", "?$select=body", "?$select=subject,uniqueBody"])
async def test_outlook_sends_only_selected_properties_and_never_a_body(call, world, rich_body, query):
    rich_body["resource"] = f"users/{world.people[0].id}/messages{query}"

    assert (await call("POST", "/subscriptions", rich_body)).status_code == 400


@pytest.mark.parametrize("option", ["$top=5", "$skip=5", "$orderby=subject"])
async def test_outlook_takes_no_paging_in_the_resource(call, rich_body, option):
    rich_body["resource"] += f"&{option}"

    assert (await call("POST", "/subscriptions", rich_body)).status_code == 400


@pytest.mark.parametrize(("minutes", "status"), [(1_439, 201), (1_441, 400)])
async def test_outlook_with_resource_data_lives_a_day_at_most(call, world, rich_body, minutes, status):
    rich_body["expirationDateTime"] = in_minutes(world, minutes)

    assert (await call("POST", "/subscriptions", rich_body)).status_code == status


async def test_also_a_renewal_with_resource_data_is_for_a_day_at_most(call, world, rich_body):
    path = f"/subscriptions/{(await call('POST', '/subscriptions', rich_body)).json()['id']}"

    assert (await call("PATCH", path, {"expirationDateTime": in_minutes(world, 1_500)})).status_code == 400


async def test_users_have_no_resource_data(call, world, rich_body):
    rich_body |= {"resource": "users", "changeType": "updated"}

    assert (await call("POST", "/subscriptions", rich_body)).status_code == 400


async def test_presence_is_for_people_and_only_with_resource_data(call, world, receiver, rich_body, holder):
    rich_body |= {"resource": f"communications/presences/{world.people[0].id}", "changeType": "updated"}
    rich_body["expirationDateTime"] = in_minutes(world, 59)
    person = bearer(delegated_token(world, "ada", scopes="Presence.Read.All"))
    plain = {name: value for name, value in rich_body.items() if name not in holder.fields}

    by_app = await call("POST", "/subscriptions", rich_body, headers=bearer(token(world, roles=("Presence.Read.All",))))
    without = await call("POST", "/subscriptions", plain, headers=person)
    rich = await call("POST", "/subscriptions", rich_body, headers=person)

    assert (by_app.status_code, without.status_code, rich.status_code) == (403, 400, 201)
