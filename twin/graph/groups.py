"""The tenant's groups: properties, members, owners, and when each came and went. Every change is announced here.

They share the directory's versions and sequence numbers with users. Deletion is restorable, as for users.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from twin.graph import ids
from twin.graph.entity_events import Announced
from twin.graph.errors import GraphError, bad_request, user_not_found

if TYPE_CHECKING:
    from twin.graph.announcement import Announcer
    from twin.graph.directory import Directory

RELATIONS = ("members", "owners")


@dataclass(slots=True, kw_only=True)
class Group:
    id: str
    properties: dict[str, Any]
    created_at: datetime
    version: int = 0
    sequence: str = ""
    changed_at: datetime
    deleted_at: datetime | None = None
    gone: bool = False
    here: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in RELATIONS})
    left: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in RELATIONS})

    @property
    def exists(self) -> bool:
        return self.deleted_at is None and not self.gone

    @property
    def members(self) -> list[str]:
        return list(self.here["members"])

    @property
    def owners(self) -> list[str]:
        return list(self.here["owners"])

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "deletedDateTime": None,
            "classification": None,
            "createdDateTime": ids.whole_seconds(self.created_at),
            "description": None,
            "groupTypes": [],
            "mail": None,
            "membershipRule": None,
            "membershipRuleProcessingState": None,
            "preferredLanguage": None,
            "proxyAddresses": [],
            "renewedDateTime": ids.whole_seconds(self.created_at),
            "resourceBehaviorOptions": [],
            "resourceProvisioningOptions": [],
            "securityIdentifier": None,
            "theme": None,
            "visibility": None,
            **self.properties,
        }


class Groups:
    def __init__(self, directory: "Directory", announcer: "Announcer") -> None:
        self.rows: dict[str, Group] = {}
        self._directory = directory
        self._announcer = announcer

    def get(self, group_id: str) -> Group:
        """GraphError 404 where there is none, or it is deleted."""
        group = self.rows.get(group_id.lower())
        if group is None or not group.exists:
            raise user_not_found(group_id)
        return group

    def deleted(self, group_id: str) -> Group | None:
        group = self.rows.get(group_id.lower())
        return group if group and group.deleted_at and not group.gone else None

    def living(self) -> list[Group]:
        return [group for group in self.rows.values() if group.exists]

    def seed(self, group_id: str, properties: dict[str, Any], members: list[str]) -> None:
        """One that was there before anybody looked: in no ledger."""
        group = self._new(group_id, properties)
        self._directory.stamp(group)
        group.here["members"] = dict.fromkeys(members, group.version)

    def create(
        self, properties: dict[str, Any], *, members: list[str], owners: list[str], quiet: bool = False
    ) -> Group:
        """Announced as `updated`: groups know no other change but deletion."""
        group = self._new(ids.guid(), properties)
        self._stamp(group, "updated", quiet=quiet)
        group.here = {
            name: dict.fromkeys(ids_, group.version) for name, ids_ in zip(RELATIONS, (members, owners), strict=True)
        }
        return group

    def update(self, group: Group, changes: dict[str, Any]) -> None:
        group.properties.update(changes)
        self._stamp(group, "updated")

    def delete(self, group: Group) -> None:
        group.deleted_at = self._directory.clock.now()
        self._stamp(group, "updated")

    def restore(self, group: Group) -> None:
        group.deleted_at = None
        self._stamp(group, "updated")

    def erase(self, group: Group) -> None:
        group.gone = True
        self._stamp(group, "deleted")

    def add(self, group: Group, relation: str, member_id: str) -> None:
        """GraphError 400 for one who is there already."""
        if member_id in group.here[relation]:
            text = "One or more added object references already exist for the following modified properties"
            raise bad_request(f"{text}: '{relation}'.", "Request_BadRequest")
        self._stamp(group, "updated", relation)
        group.here[relation][member_id] = group.version
        group.left[relation].pop(member_id, None)

    def remove(self, group: Group, relation: str, member_id: str) -> None:
        """GraphError 404 for one who is not there, 400 for the last owner."""
        if member_id not in group.here[relation]:
            raise user_not_found(member_id)
        if relation == "owners" and len(group.owners) == 1:
            text = "The group must have at least one owner, hence this owner cannot be removed."
            raise GraphError(400, "Request_BadRequest", text)
        self._stamp(group, "updated", relation)
        del group.here[relation][member_id]
        group.left[relation][member_id] = group.version

    def people_in(self, group_id: str) -> list[str]:
        """Ids of users, through groups within groups, each once."""
        return [member for member in self.all_in(group_id) if member not in self.rows]

    def all_in(self, group_id: str) -> list[str]:
        """Users and groups, each once; a circle does not matter."""
        found: dict[str, None] = {}
        waiting = [group_id]
        while waiting:
            group = self.rows.get(waiting.pop(0))
            new = [member for member in (group.members if group and group.exists else ()) if member not in found]
            found |= dict.fromkeys(new)
            waiting += [member for member in new if member in self.rows]
        return list(found)

    def _new(self, group_id: str, properties: dict[str, Any]) -> Group:
        now = self._directory.clock.now()
        group = Group(id=group_id, properties=properties, created_at=now, changed_at=now)
        self.rows[group_id] = group
        return group

    def _stamp(self, group: Group, change_type: str, relation: str | None = None, *, quiet: bool = False) -> None:
        self._directory.stamp(group)
        paths = ["groups", f"groups/{group.id}"]
        if relation:
            paths.append(f"groups/{group.id}/{relation}")
        about = Announced(
            id=group.id,
            resource=f"Groups/{group.id}",
            version=group.sequence,
            at=group.changed_at,
            content=group.as_json(),
        )
        self._announcer.entity(about, change_type, paths=paths, quiet=quiet)
