"""Calendar feeds in the console: made with an address that is shown once, and ended."""

from functools import partial

from sqlalchemy import Connection
from starlette.responses import Response
from starlette.routing import Route

from bot.console.duty_desk import KEEPERS, NO_PLACE, PATH, scopes_in
from bot.console.posts import read_places
from bot.console.shell import (
    Refused,
    Signed,
    form_of,
    number_of,
    page,
    redirect,
    render,
    shell_of,
    text_of,
)
from community.register_store import all_communities
from community.staff import Area
from drills.feed_store import (
    MOST_NAME_CHARACTERS,
    BadFeed,
    Feed,
    FeedMaker,
    Scope,
    add_feed,
    end_feed,
    feeds_in,
)

FEEDS = f"{PATH}/feeds"
ENDED = "停用了。用这个地址的日历不会再更新。"
NO_FEED = "没有找到，可能有人已经停了。页面已更新。"
BAD_NAME = f"给日历起个名字，最多{MOST_NAME_CHARACTERS}个字。"


def routes() -> list[Route]:
    """Return the routes of feeds."""
    return [
        page(FEEDS, list_feeds, *KEEPERS),
        page(f"{FEEDS}/make", make, *KEEPERS, methods=("POST",)),
        page(f"{FEEDS}/end", end, *KEEPERS, methods=("POST",)),
    ]


async def list_feeds(signed: Signed) -> Response:
    """Show the feeds of one's area."""
    return await _shown(signed)


async def make(signed: Signed) -> Response:
    """Make a feed and show its address, this once."""
    form = await form_of(signed)
    places = await _places(signed)
    chosen = text_of(form, "place")
    if chosen not in places:
        raise Refused(NO_PLACE)
    name = text_of(form, "name", most=MOST_NAME_CHARACTERS)
    scope, _ = places[chosen]
    try:
        _, secret = await signed.write(
            lambda db: add_feed(db, scope, name, _maker(signed), signed.now)
        )
    except BadFeed as error:
        raise Refused(BAD_NAME if error.problem == "name" else NO_PLACE) from None
    base = signed.console.public_url or str(signed.request.base_url)
    return await _shown(signed, address=f"{base.rstrip('/')}/calendar/{secret}.ics")


async def end(signed: Signed) -> Response:
    """Have a feed's address lead nowhere."""
    feed_id = number_of(await form_of(signed), "id") or 0
    done = await signed.write(partial(_end, feed_id=feed_id, signed=signed))
    return redirect(signed, FEEDS, ENDED if done else NO_FEED)


def _end(db: Connection, feed_id: int, signed: Signed) -> bool:
    return end_feed(db, feed_id, _maker(signed), signed.now)


async def _shown(signed: Signed, address: str = "") -> Response:
    feeds: list[Feed] = await signed.read(partial(feeds_in, area=_area(signed)))
    places = await _places(signed)
    names = dict(places.values())
    return render(
        signed,
        "duties/feeds.html",
        feeds=feeds,
        names=names,
        places=[(value, name) for value, (_, name) in places.items()],
        address=address,
        most=MOST_NAME_CHARACTERS,
    )


async def _places(signed: Signed) -> dict[str, tuple[Scope, str]]:
    """Return each place that somebody may make a feed of: value in the form, scope, name."""
    districts = shell_of(signed.request).districts

    def read(db: Connection) -> dict[str, tuple[Scope, str]]:
        found = scopes_in(_area(signed), read_places(db, districts))
        for id_ in districts:
            for one in all_communities(db, id_):
                street = found.get(f"{id_}/{one.street_id}")
                if street:
                    scope = Scope(id_, one.street_id, one.id)
                    found[f"{id_}/{one.street_id}/{one.id}"] = scope, f"{street[1]} {one.name}"
        return found

    return await signed.read(read)


def _area(signed: Signed) -> Area:
    return signed.staff.area(*KEEPERS)


def _maker(signed: Signed) -> FeedMaker:
    return FeedMaker(signed.staff.id, _area(signed), signed.console.key)
