"""What subscriptions.toml says as a whole: specs with all their members, and every sentence with its line."""

from datetime import timedelta

import pytest
from builders import ADA, GRACE, WATCH, mail_spec, people_spec, watch_of

from shared.domain.events.client_state import subject_of_person, subject_of_resource
from shared.domain.watching.resources import resource_of
from shared.domain.watching.topic import PartnerTopic
from shared.domain.watching.watch import GroupEntry, InvalidWatch, SubscriptionSpec, Watch, parse_watch

PEOPLE = 'name = "people"\nresource = "/Users/"\nchange_types = ["deleted", "updated"]'
MAIL = 'name = "mail"\nresource = "users/{user}/messages"\nchange_types = ["created"]'
EVENTS = MAIL.replace('"mail"', '"events"').replace("messages", "events")
DRIVES = 'name = "drives"\nresource = "users/{user}/drive/root"\nchange_types = ["updated"]'
GROUP = 'name = "group"\nresource = "groups/X"\nchange_types = ["updated"]'
TOPIC = PartnerTopic(
    azure_subscription_id="5f0c7d3e-9b26-4a18-8e6d-b1a4c07f2d95",
    resource_group="rg-sample",
    name="pt-sample",
    location="westeurope",
)


def faults_of(text: str, settings: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(InvalidWatch) as refused:
        parse_watch(text, settings or {})
    assert str(refused.value) == "subscriptions.toml: " + "; ".join(refused.value.faults)
    return list(refused.value.faults)


def test_a_watch_is_read_whole():
    users, messages = resource_of("users"), resource_of("users/x/messages")
    assert users is not None
    assert messages is not None
    people = SubscriptionSpec(
        entry="people",
        subject=subject_of_resource("users"),
        resource="Users",
        change_types=("updated", "deleted"),  # in the order of the documentation
        lifetime=users.lifetime,
        delta="users",
    )
    mail = SubscriptionSpec(
        entry="mail",
        subject=subject_of_person(ADA),
        resource=f"users/{ADA}/messages",
        change_types=("created",),
        lifetime=timedelta(minutes=60),
        delta="messages",
    )

    watch = parse_watch(watch_of(PEOPLE, f'{MAIL}\nlifetime = 60\nfor_each = ["{ADA.upper()}"]'), {})

    assert watch == Watch(TOPIC, {people_spec(): people, mail_spec(): mail}, ())
    assert messages.lifetime != mail.lifetime


def test_an_entry_for_a_group_keeps_its_table_until_members_are_known():
    (group,) = parse_watch(watch_of(f'{MAIL}\nfor_each = "group:{GRACE}"', PEOPLE), {}).groups

    table = {"name": "mail", "resource": "users/{user}/messages", "change_types": ["created"]}
    assert group == GroupEntry("mail", GRACE, {**table, "for_each": f"group:{GRACE}"})
    assert [spec.resource for spec in group.expanded([ADA.upper(), ADA.upper()])] == [f"users/{ADA}/messages"]


def test_settings_fill_texts_at_any_depth_and_nothing_else():
    text = watch_of(f'{MAIL}\nfor_each = ["%ONE%", "%TWO%"]\nlifetime = 60')

    assert set(parse_watch(text, {"ONE": ADA, "TWO": GRACE}).specs) == {mail_spec(ADA), mail_spec(GRACE)}
    assert faults_of(text, {"ONE": ADA}) == [
        "line 10: setting TWO is missing (used as %TWO%)",
        "line 10: mail: for_each: '%TWO%' is not an object id (GUID)",
    ]


def test_a_missing_setting_is_told_once_at_its_first_use():
    text = watch_of(PEOPLE).replace("rg-sample", "%X%").replace("pt-sample", "a%X%b").replace("westeurope", "%Y%")

    assert faults_of(text)[:2] == [
        "line 3: setting X is missing (used as %X%)",
        "line 5: setting Y is missing (used as %Y%)",
    ]


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("[topic", ["Expected ']' at the end of a table declaration (at end of document)"]),
        ("", ["table [topic] with azure_subscription_id, resource_group, name, location is missing"]),
        (
            '\n[topic]\nname = 7\nresource_group = "x"\nlocation = "x"',
            ["line 2: [topic] azure_subscription_id is missing", "line 2: [topic] name is missing"],
        ),
        (
            watch_of().replace("location", "place = 1\nLocation"),
            [
                "line 1: [topic] location is missing",
                "line 5: [topic] place: unknown key",
                "line 6: [topic] Location: unknown key (did you mean location?)",
            ],
        ),
        (
            watch_of().replace("pt-sample", "p").replace("westeurope", "West Europe"),
            [
                "line 4: [topic] name 'p': a partner topic's name has 3-50 letters, digits and hyphens",
                (
                    "line 5: [topic] location 'West Europe': give the region's name (westeurope), "
                    "not its display name (West Europe)"
                ),
            ],
        ),
        (
            'topic = { name = "pt" }',
            [f"line 1: [topic] {key} is missing" for key in ("azure_subscription_id", "resource_group", "location")],
        ),
        (
            'topic = { name = "pt", x = 1 }',
            [
                *(
                    f"line 1: [topic] {key} is missing"
                    for key in ("azure_subscription_id", "resource_group", "location")
                ),
                "line 1: [topic] x: unknown key",
            ],
        ),
        (
            "# of topics\n" + watch_of() + "\n[topics.more.yet]\nx = 1",
            ["line 7: unknown table [topics] (did you mean topic?)"],
        ),
        (
            watch_of() + "\n\n[topics.more]\nx = 1",
            ["line 7: unknown table [topics] (did you mean topic?)"],
        ),
        ("\nodd = 1\n" + watch_of(), ["line 2: unknown table [odd]"]),
        ("subscription = 7\n" + watch_of(), ["write each subscription as [[subscription]]"]),
        (watch_of("name = 7"), ["line 7: 7: name 7: 1-32 of a-z, 0-9 and hyphens", "line 6: 7: resource is missing"]),
        (watch_of(""), ["line 6: : name None: 1-32 of a-z, 0-9 and hyphens", "line 6: : resource is missing"]),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence_with_its_line(text, faults):
    assert faults_of(text) == faults


@pytest.mark.parametrize(
    ("first", "second", "doubled"),
    [
        (PEOPLE, PEOPLE.replace('"people"', '"again"').replace("/Users/", "users"), "people"),
        (PEOPLE, PEOPLE.replace('"people"', '"again"').replace('"deleted", ', ""), ""),
        (PEOPLE, PEOPLE.replace('"people"', '"again"\nenabled = false'), ""),
        (PEOPLE + "\nenabled = false", PEOPLE.replace('"people"', '"again"'), ""),
        (f'{MAIL}\nfor_each = ["{ADA}"]', f'{MAIL.replace("mail", "again", 1)}\nfor_each = ["{ADA}"]', "mail"),
        (f'{MAIL}\nfor_each = ["{ADA}"]', f'{MAIL.replace("mail", "again", 1)}\nfor_each = ["{GRACE}"]', ""),
        (f'{MAIL}\nfor_each = ["{ADA}"]', f'{MAIL.replace("mail", "again", 1)}\nfor_each = "group:{GRACE}"', "mail"),
        (f'{MAIL}\nfor_each = "group:{GRACE}"', f'{MAIL.replace("mail", "again", 1)}\nfor_each = ["{ADA}"]', "mail"),
        (f'{EVENTS}\nfor_each = ["{ADA}"]', f'{MAIL}\nfor_each = "group:{GRACE}"', ""),
        (f'{MAIL}\nfor_each = "group:{GRACE}"', f'{DRIVES}\nfor_each = "group:{GRACE}"', ""),
        (GROUP, GROUP.replace('"group"', '"again"').replace("groups/X", "groups/XX"), ""),
        (f'{MAIL}\nfor_each = ["{ADA}"]', f'{DRIVES}\nfor_each = "group:{GRACE}"', ""),
        (
            f'{MAIL}\nfor_each = ["{ADA}"]',
            f'{MAIL.replace("mail", "again", 1).replace("created", "deleted")}\nfor_each = "group:{GRACE}"',
            "",
        ),
        (f'{MAIL}\nfor_each = ["{ADA}", "{ADA}"]', PEOPLE.replace('"people"', '"again"'), ""),
        (f"{MAIL}\nfor_each = []", f"{MAIL.replace('mail', 'again', 1)}\nfor_each = []", "mail"),
    ],
)
def test_graph_takes_a_second_subscription_to_the_same_changes_from_nobody(first, second, doubled):
    text = watch_of(first, second)

    if doubled:
        at = text.splitlines().index("[[subscription]]", 7) + 3
        assert faults_of(text) == [f"line {at}: again: watches the same as {doubled}; Graph takes it once"]
    else:
        assert parse_watch(text, {}).topic == TOPIC


def test_an_id_is_kept_as_it_is_written():
    (spec,) = parse_watch(watch_of(GROUP), {}).specs.values()

    assert spec.resource == "groups/X"


def test_the_watch_of_the_builders_has_a_spec_for_each_person():
    assert list(parse_watch(WATCH, {}).specs) == [people_spec(), mail_spec(ADA), mail_spec(GRACE)]
