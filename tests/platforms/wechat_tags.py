"""Tags: groups of followers, for sending by tag.  Source: 用户标签管理."""

from __future__ import annotations

from typing import Any

from tests.platforms.loopback import Call
from tests.platforms.wechat_errors import Refused, done
from tests.platforms.wechat_sending import read_object
from tests.platforms.wechat_state import VERIFIED, Person, Route, State

MOST_TAGS = 100
NAME_BYTES = 30
OPENIDS_AT_ONCE = 50
FIRST_OWN_TAG = 100  # 0 to 99 are the platform's


def _create(state: State, call: Call) -> dict[str, Any]:
    name = str((read_object(call).get("tag") or {}).get("name", ""))
    if not name or name in state.tags.values():
        raise Refused(45157)
    if len(name.encode()) > NAME_BYTES:
        raise Refused(45158)
    if len(state.tags) >= MOST_TAGS:
        raise Refused(45056)
    tag_id = max(state.tags, default=FIRST_OWN_TAG - 1) + 1
    state.tags[tag_id] = name
    return {"tag": {"id": tag_id, "name": name}}


def _get(state: State, _call: Call) -> dict[str, Any]:
    return {
        "tags": [
            {"id": tag_id, "name": name, "count": len(tagged(state, tag_id))}
            for tag_id, name in state.tags.items()
        ]
    }


def _delete(state: State, call: Call) -> dict[str, Any]:
    tag_id = (read_object(call).get("tag") or {}).get("id")
    if tag_id not in state.tags:
        raise Refused(45159)
    del state.tags[tag_id]
    for person in state.people.values():
        person.tags.discard(tag_id)
    return done()


def tagged(state: State, tag_id: int) -> list[Person]:
    """Return the followers with a tag."""
    return [one for one in state.people.values() if one.is_following and tag_id in one.tags]


def _members(state: State, call: Call) -> tuple[int, list[Person]]:
    asked = read_object(call)
    tag_id = asked.get("tagid")
    if not isinstance(tag_id, int) or tag_id not in state.tags:
        raise Refused(45159)
    openids = asked.get("openid_list") or []
    if not 1 <= len(openids) <= OPENIDS_AT_ONCE:
        raise Refused(40032)
    return tag_id, [state.person(openid) for openid in openids]


def _tag(state: State, call: Call) -> dict[str, Any]:
    tag_id, people = _members(state, call)
    for person in people:
        if not person.is_following:
            raise Refused(49003)
        person.tags.add(tag_id)
    return done()


def _untag(state: State, call: Call) -> dict[str, Any]:
    tag_id, people = _members(state, call)
    for person in people:
        person.tags.discard(tag_id)
    return done()


def _tags_of(state: State, call: Call) -> dict[str, Any]:
    person = state.person(read_object(call).get("openid"))
    return {"tagid_list": sorted(person.tags)}


def _people_of(state: State, call: Call) -> dict[str, Any]:
    openids = [person.openid for person in tagged(state, read_object(call).get("tagid", -1))]
    if not openids:
        return {"count": 0}
    last = openids[-1]
    return {"count": len(openids), "data": {"openid": openids}, "next_openid": last}


ROUTES = {
    "/cgi-bin/tags/create": Route("POST", _create, VERIFIED),
    "/cgi-bin/tags/get": Route("GET", _get, VERIFIED),
    "/cgi-bin/tags/delete": Route("POST", _delete, VERIFIED),
    "/cgi-bin/tags/members/batchtagging": Route("POST", _tag, VERIFIED),
    "/cgi-bin/tags/members/batchuntagging": Route("POST", _untag, VERIFIED),
    "/cgi-bin/tags/getidlist": Route("POST", _tags_of, VERIFIED),
    "/cgi-bin/user/tag/get": Route("POST", _people_of, VERIFIED),
}
