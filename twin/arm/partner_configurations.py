"""Microsoft.EventGrid/partnerConfigurations: one per resource group, named `default`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from twin.arm.requests import group_key, read_body
from twin.arm.resources import partner_configuration_json
from twin.event_grid.partner_configuration import PartnerConfiguration, read_partner_configuration
from twin.event_grid.refusal import Refused
from twin.world import World


class PartnerConfigurationCalls:
    def __init__(self, world: World) -> None:
        self._world = world

    async def get(self, request: Request) -> Response:
        return self._answer(request, self._existing(request))

    async def put(self, request: Request) -> Response:
        """Replaces the whole list of authorized partners."""
        new = self._world.event_grid.partner_configuration(group_key(request)) is None
        configuration = read_partner_configuration(await read_body(request), self._world.clock.now())
        self._world.event_grid.put_partner_configuration(group_key(request), configuration)
        return self._answer(request, configuration, status=201 if new else 200)

    async def authorize_partner(self, request: Request) -> Response:
        """Adds one, or puts it in place of what was there for the same partner."""
        body = await read_body(request)
        configuration = self._existing(request).with_partner(body, self._world.clock.now())
        self._world.event_grid.put_partner_configuration(group_key(request), configuration)
        return self._answer(request, configuration)

    def _existing(self, request: Request) -> PartnerConfiguration:
        if configuration := self._world.event_grid.partner_configuration(group_key(request)):
            return configuration
        raise Refused(404, "ResourceNotFound", "The resource group has no partner configuration.")

    def _answer(self, request: Request, configuration: PartnerConfiguration, *, status: int = 200) -> Response:
        names = request.path_params
        body = partner_configuration_json(names["subscription"], names["group"], configuration)
        return JSONResponse(body, status_code=status)
