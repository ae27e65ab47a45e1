"""The tenant's users: their properties, versions and deletions. Nothing here announces a change; the tenant does.

A deleted user is restorable for 30 days (https://learn.microsoft.com/graph/api/user-delete); permanent deletion is
its own act.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from twin.clocks import MovableClock
from twin.graph import ids
from twin.graph.errors import user_not_found
from twin.world import Person

if TYPE_CHECKING:
    from twin.graph.groups import Group

DEFAULT_PROPERTIES = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)
WRITABLE = {
    *DEFAULT_PROPERTIES,
    "accountEnabled",
    "city",
    "companyName",
    "country",
    "department",
    "employeeId",
    "mailNickname",
    "passwordProfile",
    "postalCode",
    "state",
    "streetAddress",
    "usageLocation",
    "userType",
} - {"id"}


@dataclass(slots=True, kw_only=True)
class User:
    """`version` orders all changes of the directory; `sequence` is the same moment as its events carry it."""

    id: str
    properties: dict[str, Any]
    version: int = 0
    sequence: str = ""
    changed_at: datetime
    deleted_at: datetime | None = None
    gone: bool = False  # deleted for good; kept so that delta can tell

    @property
    def exists(self) -> bool:
        return self.deleted_at is None and not self.gone

    def as_json(self, select: tuple[str, ...] = ()) -> dict[str, Any]:
        """The properties asked for; without $select those that Graph returns by default."""
        chosen = dict.fromkeys([*select, "id"] if select else DEFAULT_PROPERTIES)
        return {name: (self.properties | {"id": self.id}).get(name) for name in chosen}


@dataclass(slots=True)
class Directory:
    clock: MovableClock
    users: dict[str, User] = field(default_factory=dict)
    version: int = 0
    _last_ticks: int = 0

    def enrol(self, person: Person) -> User:
        """A member who was there before anybody watched."""
        first, _, last = person.name.partition(" ")
        properties: dict[str, Any] = {
            "displayName": person.name,
            "givenName": first,
            "surname": last or None,
            "mail": person.mail,
            "userPrincipalName": person.mail,
            "mailNickname": person.alias,
            "jobTitle": None,
            "businessPhones": [],
            "accountEnabled": True,
            "userType": "Member",
        }
        return self.add(person.id, properties)

    def add(self, user_id: str, properties: dict[str, Any]) -> User:
        user = User(id=user_id, properties={"businessPhones": []} | properties, changed_at=self.clock.now())
        self.users[user_id] = user
        self.stamp(user)
        return user

    def get(self, name: str) -> User:
        """By id or user principal name. GraphError 404 where there is none, or it is deleted."""
        user = self.find(name)
        if user is None or not user.exists:
            raise user_not_found(name)
        return user

    def find(self, name: str) -> User | None:
        """Deleted ones too."""
        if by_id := self.users.get(name.lower()):
            return by_id
        return next((user for user in self.living() if user.properties.get("userPrincipalName") == name), None)

    def by_address(self, address: str) -> User | None:
        """Whose mailbox takes mail for the address, in lower case."""
        for user in self.living():
            if address in (str(user.properties.get(name)).lower() for name in ("mail", "userPrincipalName")):
                return user
        return None

    def living(self) -> list[User]:
        return [user for user in self.users.values() if user.exists]

    def stamp(self, user: "User | Group") -> None:
        """A new version: sequence numbers rise over the whole directory, also while the clock stands or goes back."""
        self.version += 1
        self._last_ticks = max(self._last_ticks + 1, ids.ticks(self.clock.now()))
        user.version, user.sequence, user.changed_at = self.version, str(self._last_ticks), self.clock.now()
