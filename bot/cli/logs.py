"""What the long-running commands write to their log."""

import logging

# What these say at every call or start says nothing, and httpx writes whole addresses:
# Telegram's holds the bot's token.
_QUIET = ("alembic", "httpx", "httpcore", "telegram")


def set_up_logging(level: str) -> None:
    """Write the log to standard error, from ``level`` on."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
