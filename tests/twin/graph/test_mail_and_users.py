import pytest
from graph_builders import bearer, delegated_token, token


async def test_the_well_known_folders_are_there_and_paged(call, ada):
    first = (await call("GET", f"/users/{ada}/mailFolders?$top=3")).json()
    second = (await call("GET", first["@odata.nextLink"])).json()

    folders = first["value"] + second["value"]
    assert [row["displayName"] for row in folders] == ["Inbox", "Sent Items", "Drafts", "Archive", "Deleted Items"]
    by_name = (await call("GET", f"/users/{ada}/mailFolders('inbox')")).json()
    assert by_name["id"] == folders[0]["id"]


async def test_folders_count_what_they_hold(call, world, ada):
    world.graph.trigger("message.created", user="ada", count=3)
    world.graph.trigger("message.updated", user="ada")  # read now

    inbox = (await call("GET", f"/users/{ada}/mailFolders/inbox")).json()

    assert (inbox["totalItemCount"], inbox["unreadItemCount"]) == (3, 2)


async def test_messages_are_listed_newest_first_ten_at_a_time(call, world, ada):
    for number in range(23):
        world.graph.trigger("message.created", user="ada", set={"subject": str(number)})

    path, subjects, pages = f"/users/{ada}/mailFolders/inbox/messages", [], 0
    while path:
        page = (await call("GET", path)).json()
        subjects += [row["subject"] for row in page["value"]]
        path, pages = page.get("@odata.nextLink"), pages + 1

    assert subjects == [str(number) for number in reversed(range(23))]
    assert pages == 3


async def test_select_keeps_the_id_and_the_etag(call, world, ada):
    world.graph.trigger("message.created", user="ada")

    (row,) = (await call("GET", f"/users/{ada}/messages?$select=subject,isRead")).json()["value"]

    assert set(row) == {"@odata.etag", "id", "subject", "isRead"}


@pytest.mark.parametrize("query", ["$top=0", "$top=1001", "$top=x", "$filter=colour eq 'red'", "$orderby=colour"])
async def test_query_options_that_are_not_served_are_refused(call, ada, query):
    assert (await call("GET", f"/users/{ada}/messages?{query}")).status_code == 400


async def test_ids_and_change_keys_have_the_shape_of_outlooks(call, ada):
    message = (await call("POST", f"/users/{ada}/messages", {"subject": "x"})).json()
    changed = (await call("PATCH", f"/users/{ada}/messages/{message['id']}", {"subject": "y"})).json()

    assert len(message["id"]) == 152
    assert message["id"].startswith("AAMk")
    assert message["id"].endswith("AAA=")
    assert message["@odata.etag"] == f'W/"{message["changeKey"]}"'
    assert message["changeKey"].startswith("CQAAABYAA")
    assert len(message["changeKey"]) == 40
    assert changed["changeKey"] != message["changeKey"]
    assert (changed["id"], changed["subject"]) == (message["id"], "y")


async def test_a_post_to_messages_makes_a_draft(call, ada):
    message = (await call("POST", f"/users/{ada}/messages", {})).json()

    drafts = (await call("GET", f"/users/{ada}/mailFolders/drafts")).json()
    assert message["isDraft"] is True
    assert message["parentFolderId"] == drafts["id"]


async def test_a_deleted_or_unknown_message_is_not_found(call, ada):
    message = (await call("POST", f"/users/{ada}/messages", {})).json()
    path = f"/users/{ada}/messages/{message['id']}"

    assert [(await call("DELETE", path)).status_code for _ in range(2)] == [204, 404]
    assert (await call("GET", path)).json()["error"]["code"] == "ErrorItemNotFound"
    assert (await call("GET", f"/users/{ada}/mailFolders/nowhere/messages")).status_code == 404


async def test_the_preference_for_immutable_ids_is_acknowledged(call, ada):
    answer = await call("GET", f"/users/{ada}/messages", headers={"Prefer": 'IdType="ImmutableId"'})

    assert answer.headers["Preference-Applied"] == 'IdType="ImmutableId"'


async def test_reading_mail_needs_a_mail_permission_and_writing_its_own(call, world, ada):
    reader = bearer(token(world, roles=("Mail.Read",)))
    basic = bearer(token(world, roles=("Mail.ReadBasic.All",)))
    nobody = bearer(token(world, roles=("User.Read.All",)))
    world.graph.trigger("message.created", user="ada")

    assert (await call("GET", f"/users/{ada}/messages", headers=reader)).status_code == 200
    assert (await call("GET", f"/users/{ada}/messages", headers=nobody)).status_code == 403
    assert (await call("POST", f"/users/{ada}/messages", {}, headers=reader)).status_code == 403
    (row,) = (await call("GET", f"/users/{ada}/messages", headers=basic)).json()["value"]
    assert "body" not in row


async def test_a_person_reaches_their_own_mailbox_only(call, world):
    ada = bearer(delegated_token(world, "ada", scopes="Mail.Read User.Read"))

    assert (await call("GET", "/me/messages", headers=ada)).status_code == 200
    assert (await call("GET", "/me", headers=ada)).json()["displayName"] == "Ada Lovelace"
    assert (await call("GET", f"/users/{world.people[1].id}/messages", headers=ada)).status_code == 403
    assert (await call("GET", "/me/messages")).status_code == 400  # an app on its own


async def test_users_are_the_people_of_the_world(call, world):
    rows = (await call("GET", "/users")).json()["value"]

    assert [(row["id"], row["displayName"], row["mail"]) for row in rows] == [
        (person.id, person.name, person.mail) for person in world.people
    ]
    assert (await call("GET", f"/users/{world.people[1].mail}")).json()["id"] == world.people[1].id


async def test_users_can_be_created_and_changed(call):
    body = {
        "displayName": "Mary Somerville",
        "userPrincipalName": "mary@contoso.example",
        "mailNickname": "mary",
        "accountEnabled": True,
        "passwordProfile": {"password": "x"},
    }

    created = await call("POST", "/users", body)
    path = f"/users/{created.json()['id']}"
    changed = await call("PATCH", path, {"jobTitle": "Fellow"})

    assert (created.status_code, changed.status_code) == (201, 204)
    assert (await call("GET", f"{path}?$select=jobTitle")).json()["jobTitle"] == "Fellow"
    assert (await call("PATCH", path, {"colour": "red"})).status_code == 400
    assert (await call("POST", "/users", {"displayName": "x"})).status_code == 400
