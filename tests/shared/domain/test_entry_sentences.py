"""Every sentence with which an entry of subscriptions.toml is refused, and the key that it is about."""

import pytest
from builders import ADA

from shared.domain.watching.watch_faults import MIN_MINUTES, Fault, entry_faults, meant, people_of

USERS = {"name": "a", "resource": "users", "change_types": ["updated"]}
MAIL = {"name": "a", "resource": "users/{user}/messages", "change_types": ["created"], "for_each": [ADA]}
BELONG = "for_each and {user} in resource belong together"
OWNER = "write users/{user}/… and for_each: the rows of a mailbox then belong to its owner"
NO_GRID = "Event Grid does not deliver it (it is not in Graph's list of sources for partner topics)"
SIGNED_IN = "only a signed-in user may (delegated {}), and this app acts on its own"
NO_ME = "an app on its own has no `me` (did you mean {} with for_each?)"


def faults_of(entry: dict[str, object], *before: str) -> list[Fault]:
    return entry_faults({key: value for key, value in entry.items() if value is not ...}, set(before))


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"colour": 1}, Fault("colour: unknown key", "colour")),
        ({"Lifetim": 1}, Fault("Lifetim: unknown key (did you mean lifetime?)", "Lifetim")),
        ({"name": ...}, Fault("name None: 1-32 of a-z, 0-9 and hyphens", "name")),
        ({"name": "A"}, Fault("name 'A': 1-32 of a-z, 0-9 and hyphens", "name")),
        ({"name": "first"}, Fault("the name first is used twice", "name")),
        ({"enabled": 1}, Fault("enabled: want true or false, without quotation marks", "enabled")),
        ({"rich": True}, Fault("rich notifications are not documented over Event Grid", "rich")),
        ({"resource": ...}, Fault("resource is missing", "resource")),
        ({"resource": 7}, Fault("resource 7: want a text", "resource")),
        ({"resource": "invoices"}, Fault("Graph has no resource 'invoices' to watch", "resource")),
        ({"resource": "user"}, Fault("Graph has no resource 'user' to watch (did you mean users?)", "resource")),
        (
            {"resource": "/Me/messages/"},
            Fault(
                f"Graph has no resource '/Me/messages/' to watch: {NO_ME.format('users/{user}/messages')}", "resource"
            ),
        ),
        ({"resource": "me"}, Fault(f"Graph has no resource 'me' to watch: {NO_ME.format('users/{user}')}", "resource")),
        (
            {"resource": "me/X"},
            Fault(f"Graph has no resource 'me/X' to watch: {NO_ME.format('users/{user}/X')}", "resource"),
        ),
        ({"resource": "chats/X"}, Fault(f"'chats/X' can't be watched: {NO_GRID}", "resource")),
        ({"resource": "menu"}, Fault("Graph has no resource 'menu' to watch", "resource")),
        (
            {"resource": "chats/getAllMessage"},
            Fault(
                "Graph has no resource 'chats/getAllMessage' to watch (did you mean chats/getAllMessages?)", "resource"
            ),
        ),
        ({"resource": "/chats/x/"}, Fault(f"'/chats/x/' can't be watched: {NO_GRID}", "resource")),
        (
            {"resource": "groups/x/conversations"},
            Fault(f"'groups/x/conversations' can't be watched: {SIGNED_IN.format('Group.Read.All')}", "resource"),
        ),
        ({"for_each": [ADA]}, Fault(BELONG, "for_each")),
        ({"change_types": ...}, Fault("change_types: want a list out of updated, deleted", "change_types")),
        ({"change_types": []}, Fault("change_types: want a list out of updated, deleted", "change_types")),
        ({"change_types": "updated"}, Fault("change_types: want a list out of updated, deleted", "change_types")),
        (
            {"change_types": ["updated", "created"]},
            Fault(
                "change type 'created': this resource has updated, deleted; Graph announces what is created as updated",
                "change_types",
                "created",
            ),
        ),
        (
            {"change_types": ["Delete"]},
            Fault(
                "change type 'Delete': this resource has updated, deleted (did you mean deleted?)",
                "change_types",
                "Delete",
            ),
        ),
        (
            {"change_types": [7]},
            Fault("change type 7: this resource has updated, deleted", "change_types", "7"),
        ),
        (
            {"change_types": ["moved"]},
            Fault("change type 'moved': this resource has updated, deleted", "change_types", "moved"),
        ),
        ({"lifetime": 44}, Fault("lifetime 44: want minutes, 45 to 41760", "lifetime")),
        ({"lifetime": 41_761}, Fault("lifetime 41761: want minutes, 45 to 41760", "lifetime")),
        ({"lifetime": True}, Fault("lifetime True: want minutes, 45 to 41760", "lifetime")),
        ({"lifetime": 60.0}, Fault("lifetime 60.0: want minutes, 45 to 41760", "lifetime")),
    ],
)
def test_each_fault_of_an_entry_has_its_own_sentence(members, fault):
    assert faults_of(USERS | members, "first") == [fault]


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"for_each": ...}, Fault(BELONG, "resource")),
        ({"resource": f"users/{ADA}/messages", "for_each": ...}, Fault(OWNER, "resource")),
        ({"resource": f"/Users/{ADA}/messages", "for_each": ...}, Fault(OWNER, "resource")),
        ({"for_each": {}}, Fault('for_each: want a list of object ids, or "group:<object id>"', "for_each")),
        ({"for_each": [ADA, "x"]}, Fault("for_each: 'x' is not an object id (GUID)", "for_each", "x")),
        ({"for_each": f"x, {ADA}"}, Fault("for_each: 'x' is not an object id (GUID)", "for_each", "x")),
        ({"for_each": "group:x"}, Fault("for_each: 'x' is not an object id (GUID)", "for_each", "x")),
        (
            {"for_each": f"{{{ADA}}}"},
            Fault(f"for_each: '{{{ADA}}}' is not an object id (GUID)", "for_each", f"{{{ADA}}}"),
        ),
    ],
)
def test_each_fault_of_an_entry_for_people_has_its_own_sentence(members, fault):
    assert faults_of(MAIL | members) == [fault]


@pytest.mark.parametrize(
    "entry",
    [
        USERS | {"lifetime": MIN_MINUTES},
        USERS | {"lifetime": 41_760},
        USERS | {"enabled": False, "rich": False},
        USERS | {"resource": f"users/{ADA}"},
        MAIL | {"for_each": ADA.upper()},
        MAIL | {"for_each": f"group:{ADA}"},
        MAIL | {"for_each": []},
        MAIL | {"resource": "/users/{user}/messages"},
    ],
)
def test_what_just_fits_has_no_fault(entry):
    assert faults_of(entry) == []


def test_all_faults_of_an_entry_are_told_in_the_order_of_what_they_are_about():
    entry = {"name": "A", "nane": 1, "resource": f"users/{ADA}/x", "enabled": 1, "rich": 1, "for_each": 7}

    assert [fault.key for fault in faults_of(entry)] == ["nane", "name", "enabled", "rich", "for_each", "resource"]
    wrong = MAIL | {"for_each": ["x"], "change_types": [], "lifetime": 1}
    assert [fault.key for fault in faults_of(wrong)] == ["for_each", "change_types", "lifetime"]
    hidden = MAIL | {"for_each": ["x"], "resource": "users/{user}/nonsense"}
    assert [fault.key for fault in faults_of(hidden)] == ["for_each", "resource"]
    refused = {**MAIL, "for_each": ["x"], "resource": "users/{user}/chats"}
    assert [fault.key for fault in faults_of(refused)] == ["for_each", "resource"]


def test_a_name_is_remembered_whatever_else_is_wrong():
    seen: set[str] = set()

    entry_faults({"name": "a"}, seen)
    entry_faults({}, seen)

    assert seen == {"a", "None"}


@pytest.mark.parametrize(
    ("word", "said"),
    [("RESORCE", " (did you mean Resource?)"), ("names", " (did you mean name?)"), ("x", ""), ("", "")],
)
def test_only_a_word_that_is_like_it_is_offered(word, said):
    assert meant(word, ["name", "Resource", "names and more"]) == said


@pytest.mark.parametrize(
    ("for_each", "people"),
    [("a, b ,,", ["a", "b"]), (" a ", ["a"]), ("", []), ([" a", "", 7, "b,c"], ["a", "7", "b,c"])],
)
def test_people_are_a_list_or_a_text_with_commas(for_each, people):
    assert people_of(for_each) == people
