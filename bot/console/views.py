"""Saving and dropping views of the queue; everybody has their own."""

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.routing import Route

from bot.console.case_desk import PATH, ROLES
from bot.console.case_filters import typed_in
from bot.console.shell import Refused, Signed, form_of, page, redirect, text_of
from bot.console.view_store import (
    MOST_NAME_CHARACTERS,
    MOST_QUERY_CHARACTERS,
    MOST_VIEWS,
    TooManyViews,
    drop_view,
    keep_view,
)

NO_NAME = f"给这个筛选起个名字，1到{MOST_NAME_CHARACTERS}个字。"
TOO_MANY = f"最多存{MOST_VIEWS}个。先删掉一个再存。"


def routes() -> list[Route]:
    """Return the routes of saving and dropping."""
    return [
        page(f"{PATH}/views", save, *ROLES, methods=("POST",)),
        page(f"{PATH}/views/{{id:int}}/drop", drop, *ROLES, methods=("POST",)),
    ]


async def save(signed: Signed) -> Response:
    """Save the filter of the page under a name."""
    form = await form_of(signed)
    name = text_of(form, "name", most=MOST_NAME_CHARACTERS)
    if not name:
        raise Refused(NO_NAME)
    # Read and written anew, so that nothing but a filter is ever kept.
    query = typed_in(QueryParams(text_of(form, "query", most=MOST_QUERY_CHARACTERS))).query
    now, staff_id = signed.now, signed.staff.id
    try:
        await signed.write(lambda db: keep_view(db, staff_id, {"name": name, "query": query}, now))
    except TooManyViews:
        raise Refused(TOO_MANY) from None
    return redirect(signed, f"{PATH}?{query}", f"存好了：{name}。")


async def drop(signed: Signed) -> Response:
    """Delete one of one's own views."""
    view_id: int = signed.request.path_params["id"]
    await signed.write(lambda db: drop_view(db, signed.staff.id, view_id))
    return redirect(signed, PATH, "删掉了。")
