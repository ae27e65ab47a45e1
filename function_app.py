"""What Azure Functions loads. Importing it reads, opens and builds nothing: see shared/composition.py."""

from importlib import import_module

import azure.functions as func

WAYS_IN = ("receive", "events", "notifications", "work", "timers", "feed", "negotiate", "mail", "health")
MANAGED = ("manage", "rejections", "dead_letters", "state")

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for name in (*WAYS_IN, *MANAGED, "page"):
    app.register_functions(import_module(f"functions.{name}").blueprint)
