from pulse.demo.loss import missing, surplus


def change(version: str | None, change_type: str = "updated") -> dict:
    return {"version": version, "change_type": change_type}


def row(resource: str, version: str | None, change_type: str = "updated", reader: str = "ada") -> dict:
    return {"resource": resource, "version": version, "change_type": change_type, "reader": reader}


def test_an_entity_whose_newest_version_is_journaled_is_not_lost() -> None:
    assert missing({"Users/1/Messages/A": change("3")}, [row("users/1/messages/a", "3")]) == []


def test_an_older_version_does_not_count() -> None:
    assert missing({"Users/1": change("3")}, [row("Users/1", "2")]) == ["Users/1"]


def test_a_change_without_a_version_is_found_by_its_kind() -> None:
    final = {"Users/1": change(None, "deleted"), "Users/2": change(None, "deleted")}

    assert missing(final, [row("Users/1", None, "deleted"), row("Users/2", "1", "updated")]) == ["Users/2"]


def test_the_same_version_twice_for_one_reader_is_surplus() -> None:
    rows = [row("Users/1", "1"), row("users/1", "1"), row("Users/1", "2"), row("Users/1", "1", reader="grace")]

    assert surplus(rows) == 1


def test_rows_without_a_version_are_never_surplus() -> None:
    assert surplus([row("Users/1", ""), row("Users/1", ""), row("Users/1", None), row("Users/1", None)]) == 0
