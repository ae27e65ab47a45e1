"""What people see of subscriptions: no line over 80 columns but for notes, and a plan that can be read at a glance."""

from pulse.subscription_views import listed, planned

NAME = "mail~LCtXWQm8XrW_cITUX356VQ"
ROW = {
    "name": NAME,
    "resource": "users/2c2b5759-09bc-5eb5-bf70-84d45f7e7a55/messages",
    "change_types": ["created", "updated", "deleted"],
    "state": "recreating",
    "expires_at": "2026-11-28T20:53:24.738499+00:00",
    "last_event_at": None,
    "note": None,
}


def action(what: str, why: str = "live", **members: object) -> dict[str, object]:
    return {"action": what, "name": NAME, "resource": "users", "why": why, "done": None, "fault": None} | members


def test_the_list_says_once_what_an_entry_watches_and_fits_80_columns():
    lines = listed([ROW, ROW | {"name": "mail~zzzzWQm8XrW_cITUX356VQ", "note": "403: no"}])

    assert lines[0] == "mail  users/{user}/messages  created,updated,deleted"
    assert lines[2] == f"  {NAME}  recreating  2026-11-28 20:53  -"
    assert lines[-1] == "      403: no"
    assert len(lines) == 5
    assert max(map(len, lines)) <= 80


def test_a_plan_shows_what_differs_and_counts_the_rest():
    lines = planned(
        [action("create", "it does not exist yet"), action("recreate", "x"), action("keep")], coloured=False
    )

    assert lines[:3] == [f"  + {NAME}", "      users", "      it does not exist yet"]
    assert lines[3] == f"-/+ {NAME}"
    assert lines[-1] == "Plan: 1 to create, 1 to make anew, 1 as they are."


def test_what_is_kept_for_a_reason_is_shown_too():
    why = "its group can't be read: who is known of it stays"

    assert f"      {why}" in planned([action("keep", why)], coloured=False)


def test_without_differences_a_plan_is_one_line():
    assert planned([action("keep")] * 3, coloured=True) == ["No changes: 3 subscriptions are as they should be."]


def test_what_failed_is_said_where_it_did_and_in_the_end():
    lines = planned([action("create", done=True), action("remove", done=False, fault="403: no")], coloured=False)

    assert "      failed: 403: no" in lines
    assert lines[-1] == "Done: 1 of 2; 1 failed."


def test_colours_stand_around_the_name_alone():
    assert planned([action("create")], coloured=True)[0] == f"\033[32m  + {NAME}\033[0m"
