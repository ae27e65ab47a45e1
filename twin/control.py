"""The twin's own switchboard, JSON over plain http on loopback: make changes, move the clock, turn switches, look.

Nothing of it exists in the real cloud, so the app never calls it: only people, the command line and tests do.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from twin.control_input import Burst, Fields, InputError, read_burst, read_offset
from twin.entra.app import LOOPBACK_ORIGIN, entra_app
from twin.entra.scopes import API_SCOPE
from twin.graph.errors import GraphError
from twin.graph.playing import CHANGE_TYPES, Playing
from twin.world import Person, World

AT_ONCE = 200  # changes between two turns of the others
DRAINED_WITHIN_S = 30  # for a shuffled burst to leave
SIGNED_IN_S = 3600

type Act = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]


def control_app(world: World) -> Starlette:
    """The routes. Entra is here once more under /entra, because browsers do not trust the local authority."""
    control = _Control(world)
    return Starlette(
        routes=[
            Route("/health", _get(lambda: {"ok": True})),
            Route("/people", _get(lambda: [_person_json(person) for person in world.people])),
            Route("/sign-in", _post(control.sign_in), methods=["POST"]),
            Route("/trigger", _post(control.trigger), methods=["POST"]),
            Route("/recording", _post(control.recording), methods=["POST"]),
            Route("/play", _post(control.play), methods=["POST"]),
            Route("/ledger", _get(lambda: {"changes": [change.as_json() for change in world.ledger.changes]})),
            Route("/ledger/final", _get(lambda: {k: change.as_json() for k, change in world.ledger.final().items()})),
            Route("/switches", _get(world.switches.as_json)),
            Route("/switches", _post(control.turn), methods=["PUT"]),
            Route("/consent", _get(control.consent)),
            Route("/consent", _post(control.grant), methods=["PUT"]),
            Route("/clock", _get(control.clock)),
            Route("/clock", _post(control.move_clock), methods=["POST"]),
            Route("/subscriptions/{id}/remove", _post(control.remove_subscription), methods=["POST"]),
            Route("/lifecycle", _post(control.lifecycle), methods=["POST"]),
            Route("/event-grid", _get(lambda: world.event_grid.as_json())),
            Route("/outages", _get(world.outages.as_json)),
            Route("/outages", _post(control.turn_outages), methods=["PUT"]),
            Route("/dead-letters", _get(lambda: {"dead_letters": world.event_grid.dead_letters})),
            Route("/signalr", _get(lambda: world.signalr.as_json())),
            Route("/signalr/cut", _post(control.cut_sockets), methods=["POST"]),
            Mount("/entra", entra_app(world)),
        ],
        middleware=[
            Middleware(CORSMiddleware, allow_origin_regex=LOOPBACK_ORIGIN, allow_methods=["*"], allow_headers=["*"])
        ],
        exception_handlers={ValueError: _bad_input, GraphError: _refused_by_graph},
    )


class _Control:
    """The calls that take or give more than a value of the world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._shuffling = asyncio.Lock()
        self._playing = Playing(world)

    async def sign_in(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """A token as the page gets one by signing in, without the page."""
        people = {person.alias: person for person in self.world.people}
        fields = Fields(body)
        alias = fields.text("user", among=tuple(people))
        fields.done()
        entra, app_id = self.world.entra, self.world.api_app_id
        token = entra.user_token(
            people[alias], entra.api_audience, client_id=app_id, scopes=API_SCOPE, lifetime_s=SIGNED_IN_S
        )
        return {"access_token": token, "expires_on": int(datetime.now(UTC).timestamp()) + SIGNED_IN_S}

    async def trigger(self, body: Mapping[str, Any]) -> dict[str, Any]:
        burst = read_burst(body)
        if not burst.shuffle:
            return await self._carry_out(burst)
        async with self._shuffling:
            return await self._shuffled(burst)

    async def recording(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What happened after `since`, without secrets; without it nothing yet, only where the record stands."""
        fields = Fields(body)
        since = fields.number_or_none("since", low=0, high=1e12)
        fields.done()
        recorder = self.world.recorder
        if since is None:
            return {"next": recorder.written, "lines": []}
        last, lines = recorder.since(int(since), most=AT_ONCE)
        return {"next": last, "lines": lines}

    async def play(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """One recorded change, made again."""
        fields = Fields(body)
        resource, change_type = fields.text("resource"), fields.text("change_type", among=CHANGE_TYPES)
        content = fields.members("content")
        fields.done()
        return {"played": self._playing.play(resource, change_type, content)}

    async def turn(self, body: Mapping[str, Any]) -> dict[str, Any]:
        self.world.switches.turn(dict(body))
        return self.world.switches.as_json()

    def consent(self) -> dict[str, Any]:
        entra = self.world.entra
        return {"application": sorted(entra.granted), "delegated": sorted(entra.delegated)}

    async def grant(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What an admin has consented to, whole, for apps or people or both. Tokens that are out keep what they say."""
        fields = Fields(body)
        wanted = {name: fields.names(name) for name in ("application", "delegated")}
        fields.done()
        entra = self.world.entra
        for kept, names in ((entra.granted, wanted["application"]), (entra.delegated, wanted["delegated"])):
            if names is not None:
                kept.clear()
                kept.update(names)
        return self.consent()

    async def turn_outages(self, body: Mapping[str, Any]) -> dict[str, Any]:
        self.world.outages.turn(dict(body))
        return self.world.outages.as_json()

    def clock(self) -> dict[str, Any]:
        clock = self.world.clock
        return {"now": clock.now().isoformat(), "offset_s": clock.offset.total_seconds()}

    async def move_clock(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What falls due by it in the tenant has happened when the answer comes."""
        clock = self.world.clock
        self.world.event_grid.tick()  # who uses which topic until when, before that has passed
        clock.advance(read_offset(body, clock.offset) - clock.offset)
        self.world.graph.tick()
        return self.clock()

    async def remove_subscription(self, body: Mapping[str, Any]) -> dict[str, Any]:
        fields = Fields(body)
        subscription_id = fields.text("id")
        announce = fields.flag("announce", True)
        fields.done()
        return {"events": self.world.graph.remove_subscription(subscription_id, announce=announce)}

    async def lifecycle(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """One event about a subscription, or one about each live one that is ever told such a thing."""
        announcements = {
            "reauthorizationRequired": self.world.graph.ask_reauthorization,
            "missed": self.world.graph.announce_missed,
            "subscriptionRemoved": self._remove,
        }
        fields = Fields(body)
        kind = fields.text("type", among=announcements)
        subscription_id = fields.text_or_none("subscription_id")
        fields.done()
        return {"events": announcements[kind](subscription_id)}

    async def cut_sockets(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Every page loses its connection, as when the network goes; pages connect again by themselves."""
        Fields(body).done()
        return {"cut": self.world.signalr.cut()}

    def _remove(self, subscription_id: str | None) -> int:
        graph = self.world.graph
        ids = [subscription_id] if subscription_id else [row.id for row in graph.subscriptions.live()]
        return sum(graph.remove_subscription(each, announce=True) for each in ids)

    async def _shuffled(self, burst: Burst) -> dict[str, Any]:
        """The order is drawn when deliveries leave, so the switch stays on until all have left."""
        before, self.world.switches.shuffle = self.world.switches.shuffle, True
        try:
            done = await self._carry_out(burst)
            with contextlib.suppress(TimeoutError):
                await self.world.event_grid.settled(DRAINED_WITHIN_S)
        finally:
            self.world.switches.shuffle = before
        return done

    async def _carry_out(self, burst: Burst) -> dict[str, Any]:
        """One by one at the pace asked for, counted from the start so that it does not drift; or in lots, between
        which others get their turn."""
        done = {"changes": 0, "events": 0}
        size = 1 if burst.rate else AT_ONCE
        started = asyncio.get_running_loop().time()
        for made in range(0, burst.count, size):
            due = started + made / burst.rate if burst.rate else started
            await self.world.clock.sleep(max(due - asyncio.get_running_loop().time(), 0))
            lot = self._make(burst, min(size, burst.count - made))
            done = {name: done[name] + lot[name] for name in done}
        return done

    def _make(self, burst: Burst, count: int) -> dict[str, int]:
        """Nothing else runs meanwhile, so the switch and the counts are this burst's own."""
        graph, switches = self.world.graph, self.world.switches
        changes, events = len(self.world.ledger.changes), self._published()
        before = switches.duplicate_percent
        switches.duplicate_percent = before if burst.duplicate_percent is None else burst.duplicate_percent
        try:
            if burst.forge:
                graph.forge(count)
            else:
                graph.trigger(burst.type, user=burst.user, count=count, set=burst.values or None)
        except LookupError as fault:
            if type(fault) is not LookupError:  # a KeyError would be the twin's own mistake
                raise
            raise InputError(str(fault)) from fault
        finally:
            switches.duplicate_percent = before
        return {"changes": len(self.world.ledger.changes) - changes, "events": self._published() - events}

    def _published(self) -> int:
        return int(self.world.event_grid.deliveries["published"])


def _person_json(person: Person) -> dict[str, Any]:
    return {"alias": person.alias, "id": person.id, "name": person.name, "mail": person.mail, "roles": person.roles}


def _get(look: Callable[[], Any]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_: Request) -> Response:
        return JSONResponse(look())

    return endpoint


def _post(act: Act) -> Callable[[Request], Awaitable[Response]]:
    """Path parameters join the body; no body is an empty one."""

    async def endpoint(request: Request) -> Response:
        body = json.loads(await request.body() or b"{}")
        if not isinstance(body, dict):
            raise InputError("want a JSON object")
        return JSONResponse(await act(body | request.path_params))

    return endpoint


async def _bad_input(_: Request, fault: Exception) -> Response:
    """Also the ValueErrors of the world: no such switch, no such type, no JSON."""
    return JSONResponse({"error": str(fault)}, status_code=400)


async def _refused_by_graph(_: Request, fault: Exception) -> Response:
    return JSONResponse({"error": str(fault)}, status_code=getattr(fault, "status", 400))
