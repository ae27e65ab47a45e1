"""What Azure Functions loads. Importing it reads, opens and builds nothing: see shared/composition.py."""

import azure.functions as func

from functions import feed, health, manage, receive, timers

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for blueprint in (receive.blueprint, timers.blueprint, feed.blueprint, manage.blueprint, health.blueprint):
    app.register_functions(blueprint)
