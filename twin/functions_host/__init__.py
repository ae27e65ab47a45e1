"""Stands where `func start` stands: drives the real azure-functions-runtime with an app's function_app.py.

What the .NET host does around that runtime is done here: HTTP routes, the Event Grid endpoint, timers, the admin
endpoints, App Service authentication and the SignalR bindings. Not done: queue triggers, other bindings, keys, CORS,
function timeouts, retry policies, and the lock that keeps a timer single over several hosts.
"""
