"""Logging of the host, the runtime and the app: to stderr, one line each."""

import logging
import sys

# They write request headers or whole URLs, secrets in query strings included.
TALKATIVE = ("azure.core.pipeline.policies.http_logging_policy", "httpx", "httpcore", "aiohttp.access", "uvicorn")


class OneLine(logging.Formatter):
    """A traceback stays on the line of its record."""

    def format(self, record: logging.LogRecord) -> str:
        return " | ".join(line for line in super().format(record).splitlines() if line.strip())


def configure_logging(level: int) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
