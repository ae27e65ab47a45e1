"""Stands where `func start` stands: drives the real azure-functions-runtime with an app's function_app.py.

What the .NET host does around that runtime is done here: HTTP routes, the Event Grid endpoint, timers, queue triggers
and outputs, the admin endpoints, App Service authentication, the SignalR bindings; several instances behind one port,
timers on one of them. Not done: other bindings, keys, CORS, function timeouts, retry policies.
"""
