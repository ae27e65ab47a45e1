"""subscriptions.toml: what it expands to, and every fault at once, with its line."""

from datetime import timedelta

import pytest
from builders import ADA, GRACE, WATCH, mail_spec, people_spec, watch_of

from shared.domain.watching.watch import InvalidWatch, parse_watch

GROUP = "e9b0c1d2-4f53-4a67-8b90-a1b2c3d4e5f6"
PEOPLE = 'name = "people"\nresource = "users"\nchange_types = ["updated"]'
MAIL = 'name = "mail"\nresource = "users/{user}/messages"\nchange_types = ["created"]'


def faults_of(text: str, settings: dict[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(InvalidWatch) as caught:
        parse_watch(text, settings or {})
    return caught.value.faults


def test_an_entry_for_each_person_is_one_subscription_each():
    watch = parse_watch(WATCH, {})

    assert set(watch.specs) == {people_spec(), mail_spec(ADA), mail_spec(GRACE)}
    spec = watch.specs[mail_spec(ADA)]
    assert (spec.resource, spec.delta) == (f"users/{ADA}/messages", "messages")
    assert spec.change_types == ("created", "updated", "deleted")
    assert watch.topic.name == "pt-sample"


def test_settings_fill_any_text_and_one_may_hold_several_people():
    text = watch_of(f'{MAIL}\nfor_each = "%WATCHED%"').replace("rg-sample", "%GROUP%")

    watch = parse_watch(text, {"WATCHED": f"{ADA}, {GRACE.upper()},", "GROUP": "rg-mine"})

    assert set(watch.specs) == {mail_spec(ADA), mail_spec(GRACE)}
    assert watch.topic.resource_group == "rg-mine"


def test_an_entry_for_a_group_is_expanded_when_its_members_are_known():
    watch = parse_watch(watch_of(PEOPLE, f'{MAIL}\nfor_each = "group:{GROUP}"'), {})
    assert set(watch.specs) == {people_spec()}
    (group,) = watch.groups

    assert (group.name, group.group_id) == ("mail", GROUP)
    assert [spec.key for spec in group.expanded([ADA, GRACE.upper(), ADA])] == [mail_spec(ADA), mail_spec(GRACE)]
    assert group.expanded([ADA])[0].resource == f"users/{ADA}/messages"
    assert group.expanded([]) == []


def test_a_person_named_twice_is_watched_once():
    assert len(parse_watch(watch_of(f'{MAIL}\nfor_each = ["{ADA}", "{ADA.upper()}"]'), {}).specs) == 1


def test_a_lifetime_of_its_own_replaces_the_usual_one():
    (spec,) = parse_watch(watch_of(f"{PEOPLE}\nlifetime = 60"), {}).specs.values()

    assert spec.lifetime == timedelta(minutes=60)


def test_an_entry_can_be_switched_off():
    assert parse_watch(watch_of(f"{PEOPLE}\nenabled = false"), {}).specs == {}


@pytest.mark.parametrize(
    ("entry", "key", "word"),
    [
        ('resource = "users"\nchange_types = ["updated"]', "[[", "name None"),
        (PEOPLE.replace('"people"', '"People"'), "name", "name 'People'"),
        (PEOPLE.replace('"people"', f'"{"x" * 33}"'), "name", "1-32"),
        (PEOPLE.replace('"people"', '"first"'), "name", "used twice"),
        (PEOPLE.replace('"users"', "7"), "resource", "resource 7: want a text"),
        (PEOPLE.replace('resource = "users"', ""), "[[", "resource is missing"),
        (PEOPLE.replace('"users"', '"me/messages"'), "resource", "did you mean users/{user}/messages with for_each?"),
        (MAIL.replace("messages", "mesages") + f'\nfor_each = ["{ADA}"]', "resource", "mean users/{user}/messages?"),
        (PEOPLE.replace('"users"', '"teams/getAllMesages"'), "resource", "did you mean teams/getAllMessages?"),
        (PEOPLE.replace('"users"', '"communications/callRecord"'), "resource", "communications/callRecords?"),
        (PEOPLE.replace('"users"', '"nonsense"'), "resource", "no resource 'nonsense' to watch"),
        (PEOPLE.replace('"users"', f'"groups/{ADA}/conversations"'), "resource", "delegated Group.Read.All"),
        (PEOPLE.replace('"users"', '"communications/presences/x"'), "resource", "delegated Presence.Read.All"),
        (PEOPLE.replace('"users"', '"chats"'), "resource", "Event Grid does not deliver it"),
        (PEOPLE.replace('["updated"]', '["created"]'), "change_types", "what is created as updated"),
        (PEOPLE.replace('["updated"]', '["update"]'), "change_types", "did you mean updated?"),
        (PEOPLE.replace('["updated"]', '[\n"updated",\n"moved",\n]'), '"moved"', "change type 'moved'"),
        (PEOPLE.replace('["updated"]', "[]"), "change_types", "want a list"),
        (PEOPLE.replace('["updated"]', '"updated"'), "change_types", "want a list"),
        (PEOPLE.replace('["updated"]', "[{}, [1]]"), "change_types", "change type {}"),
        (PEOPLE.replace("change_types", "change_type"), "change_type", "did you mean change_types?"),
        (PEOPLE.replace("change_types", "change_type"), "[[", "want a list"),
        (f"{PEOPLE}\nlifetime = 44", "lifetime", "lifetime 44"),
        (f"{PEOPLE}\nlifetime = 41761", "lifetime", "lifetime 41761"),
        (f"{PEOPLE}\nlifetime = true", "lifetime", "lifetime True"),
        (f'{PEOPLE}\nlifetime = "60"', "lifetime", "lifetime '60'"),
        (f'{PEOPLE}\nenabled = "false"', "enabled", "enabled"),
        (f"{PEOPLE}\nrich = true", "rich", "rich"),
        (f"{PEOPLE}\nlife = 60", "life", "life: unknown key (did you mean lifetime?)"),
        (f"{PEOPLE}\ncolour = 60", "colour", "colour: unknown key"),
        (f'{PEOPLE}\nfor_each = ["{ADA}"]', "for_each", "for_each and {user}"),
        (MAIL, "resource", "for_each and {user}"),
        (MAIL.replace("{user}", ADA), "resource", "write users/{user}/"),
        (f'{MAIL}\nfor_each = "group:everybody"', "for_each", "'everybody' is not an object id"),
        (f'{MAIL}\nfor_each = "group:"', "for_each", "'' is not an object id"),
        (f"{MAIL}\nfor_each = {{}}", "for_each", "want a list"),
        (f'{MAIL}\nfor_each = [\n"{ADA}",\n"ada@contoso.com",\n]', '"ada@', "'ada@contoso.com' is not an object id"),
        (f"{MAIL}\nfor_each = [1]", "for_each", "'1' is not an object id"),
    ],
)
def test_a_fault_is_named_with_the_line_of_what_is_wrong(entry, key, word):
    text = watch_of(PEOPLE.replace('"people"', '"first"'), entry)
    lines = text.splitlines()
    line = next(n for n, one in enumerate(lines[9:], start=10) if one.startswith(key))

    faults = faults_of(text)

    assert any(fault.startswith(f"line {line}: ") and word in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("first", "second", "is_refused"),
    [
        (f'["{ADA}"]', f'["{GRACE}"]', False),
        (f'["{ADA}"]', f'["{GRACE}", "{ADA.upper()}"]', True),
        (f'["{ADA}"]', f'"group:{GRACE}"', True),
        (f'"group:{GRACE}"', f'["{ADA}"]', True),
        (f'"group:{GRACE}"', f'"group:{ADA}"', True),
    ],
)
def test_two_entries_may_share_a_resource_if_they_share_nobody(first, second, is_refused):
    again = MAIL.replace('"mail"', '"again"')

    text = watch_of(f"{MAIL}\nfor_each = {first}", f"{again}\nfor_each = {second}")

    if is_refused:
        assert any("again: watches the same as mail" in fault for fault in faults_of(text))
    else:
        assert len(parse_watch(text, {}).specs) == 2


def test_one_person_by_name_and_by_list_is_watched_once():
    one = PEOPLE.replace('"people"', '"one"').replace('"users"', f'"users/{ADA}"')
    each = PEOPLE.replace('"users"', '"users/{user}"') + f'\nfor_each = ["{ADA}"]'

    assert any("watches the same as one" in fault for fault in faults_of(watch_of(one, each)))


def test_two_entries_for_the_same_changes_are_refused_at_the_second():
    faults = faults_of(watch_of(PEOPLE, PEOPLE.replace('"people"', '"again"').replace('"users"', '"/Users"')))

    assert faults == ("line 12: again: watches the same as people; Graph takes it once",)


def test_all_faults_are_named_at_once():
    text = watch_of(PEOPLE, f"{PEOPLE}\nlifetime = 1\nlife = 2", MAIL).replace("rg-sample", "%GROUP%.")

    faults = faults_of(text + "\n[subscriptions]\n")

    lines = [fault.split(":")[0].removeprefix("line ") for fault in faults]
    assert lines == ["3", "3", "15", "11", "14", "18", "20"]
    assert "setting GROUP is missing (used as %GROUP%)" in faults[0]
    assert "[topic] resource_group '%GROUP%.'" in faults[1]
    assert faults[-1] == "line 20: unknown table [subscriptions] (did you mean subscription?)"


@pytest.mark.parametrize(
    "head",
    [
        'subscription = [{name = "people", resource = "users", change_types = ["updated"]}]\n',
        "subscription = [1]\n",
        'subscription = "people"\n',
    ],
)
def test_entries_in_another_form_are_refused_and_not_overlooked(head):
    assert faults_of(head + watch_of()) == ("write each subscription as [[subscription]]",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[topic\nx = 1", "line 1"),
        ("", "table [topic]"),
        ("topic = 7", "table [topic]"),
        ('[topic]\nname = "x"', "[topic] location is missing"),
        (watch_of().replace("name =", "names ="), "line 4: [topic] names: unknown key (did you mean name?)"),
        (watch_of().replace("name =", "names ="), "line 1: [topic] name is missing"),
    ],
)
def test_a_topic_that_is_incomplete_is_named(text, fault):
    assert any(fault in found for found in faults_of(text))
