"""Azure SignalR Service in serverless mode: clients listen on WebSockets, the app sends over REST.

JSON protocol only, no stateful reconnect, no upstream: the feed's cursor covers what a lost socket missed.
"""
