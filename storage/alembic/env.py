"""What Alembic runs for every command; ``storage.migrations`` hands it the connection."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from storage.schema import JsonText, UtcDateTime

# A revision spells out plain types, so that it stays true when ours change.
SPELLINGS: dict[type, str] = {UtcDateTime: "sa.BigInteger()", JsonText: "sa.Text()"}


def spell(kind: str, thing: Any, autogen: AutogenContext) -> str | Literal[False]:  # noqa: ANN401, ARG001
    """Return how a drafted revision writes a type, or False for Alembic's own way."""
    if kind != "type":
        return False
    return SPELLINGS.get(type(thing), False)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),
    render_as_batch=True,
    render_item=spell,
)
with context.begin_transaction():
    context.run_migrations()
