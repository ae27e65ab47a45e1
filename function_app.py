"""What Azure Functions loads. Importing it reads, opens and builds nothing: see shared/composition.py."""

import azure.functions as func

from functions import feed, health, manage, negotiate, page, receive, timers

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for module in (receive, timers, feed, negotiate, manage, health, page):
    app.register_functions(module.blueprint)
