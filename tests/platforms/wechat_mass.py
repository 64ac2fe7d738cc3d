"""Mass sending: by tag or to everybody, four a month for each person.

Sources: 群发接口和原创校验 (Batch_Sends_and_Originality_Checks), 根据标签群发 (massSendAll).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.platforms.loopback import Call
from tests.platforms.wechat_errors import Refused, done
from tests.platforms.wechat_sending import TEXT_BYTES, read_object
from tests.platforms.wechat_state import VERIFIED, Person, Route, Shown, State
from tests.platforms.wechat_tags import tagged

A_MONTH = 4  # a service account: 用户每月只能接收4条
A_DAY = 1  # a subscription account: 每天可成功调用1次
CLIENT_ID_BYTES = 64
# A clientmsgid is remembered for a day: the same one within it gives 45065 and the first
# msg_id; again within seconds, 45066 (clientmsgid 参数).
SAME_ID_REMEMBERED = timedelta(hours=24)
SAME_ID_TOO_FAST = timedelta(seconds=1)
_KINDS = {"text", "image", "voice", "mpvideo", "mpnews", "wxcard"}


def _send(state: State, call: Call) -> dict[str, Any]:
    asked = read_object(call)
    kind = asked.get("msgtype")
    if kind not in _KINDS:
        raise Refused(40008)
    shown = _shown(state, str(kind), asked.get(str(kind)))
    now = state.clock()
    _check_client_id(state, asked, now)
    people, is_to_all = _chosen(state, asked.get("filter") or {})
    reached = _with_quota(state, people, is_to_all, now)
    job = state.next_id()
    state.mass_jobs[job] = "SEND_SUCCESS"
    if client_id := asked.get("clientmsgid"):
        state.client_ids[client_id] = (job, now)
    for person in reached:
        person.mass_months.append((now.year, now.month))
        person.received.append(shown)
    if kind == "mpnews":  # a draft that was sent leaves the draft box
        state.media.pop(shown.media_id, None)
    _announce(state, job, people, reached)
    message = {"errcode": 0, "errmsg": "send job submission success"}
    return {**message, "msg_id": job, "msg_data_id": state.next_id()}


def _shown(state: State, kind: str, body: object) -> Shown:
    if not isinstance(body, dict):
        raise Refused(47001)
    if kind == "text":
        content = str(body.get("content") or "")
        if not content:
            raise Refused(44004)
        if len(content.encode()) > TEXT_BYTES:
            raise Refused(45002)
        return Shown("text", content, "mass")
    media_id = str(body.get("media_id") or "")
    if kind != "wxcard":
        state.find_media(media_id)
    return Shown(kind, via="mass", media_id=media_id)


def _check_client_id(state: State, asked: dict[str, Any], now: datetime) -> None:
    client_id = str(asked.get("clientmsgid") or "")
    if len(client_id.encode()) > CLIENT_ID_BYTES:
        raise Refused(45067)
    job, at = state.client_ids.get(client_id, (0, now))
    if not job or now - at >= SAME_ID_REMEMBERED:
        return
    if now - at < SAME_ID_TOO_FAST:
        raise Refused(45066)
    raise Refused(45065, msg_id=job)


def _chosen(state: State, chosen: dict[str, Any]) -> tuple[list[Person], bool]:
    if chosen.get("is_to_all") is True:
        return [person for person in state.people.values() if person.is_following], True
    tag_id = chosen.get("tag_id")
    if not isinstance(tag_id, int) or tag_id not in state.tags:
        raise Refused(45159)
    return tagged(state, tag_id), False


def _with_quota(state: State, people: list[Person], is_to_all: bool, now: datetime) -> list[Person]:
    """Return who may still get one; refuse when the account or everybody has had enough.

    A send to a tag may go out more often, but leaves out who has had four this month.
    """
    month = (now.year, now.month)
    if state.account.kind == "subscription":
        sent = [at for at in state.mass_to_all if at.date() == now.date()]
        is_over = len(sent) >= A_DAY
    else:
        sent = [at for at in state.mass_to_all if (at.year, at.month) == month]
        is_over = is_to_all and len(sent) >= A_MONTH
    if is_over:
        raise Refused(45028)
    reached = [one for one in people if one.mass_months.count(month) < A_MONTH]
    if people and not reached:
        raise Refused(45028)
    if is_to_all or state.account.kind == "subscription":
        state.mass_to_all.append(now)
    return reached


def _announce(state: State, job: int, people: list[Person], reached: list[Person]) -> None:
    """事件推送群发结果: FilterCount is who is left after the filters, quota among them."""
    counts = {
        "TotalCount": len(people),
        "FilterCount": len(reached),
        "SentCount": len(reached),
        "ErrorCount": 0,
    }
    fields = {"Event": "MASSSENDJOBFINISH", "MsgID": job, "Status": "send success", **counts}
    state.announce("oR5Gjjl_eiZoUpGozMo7dbBJ362A", fields)


def _get(state: State, call: Call) -> dict[str, Any]:
    job = read_object(call).get("msg_id")
    number = int(job) if str(job).isdecimal() and job else 0
    if number not in state.mass_jobs:
        raise Refused(40035)
    return {"msg_id": number, "msg_status": state.mass_jobs[number]}


def _delete(state: State, call: Call) -> dict[str, Any]:
    job = read_object(call).get("msg_id")
    if job not in state.mass_jobs:
        raise Refused(40035)
    state.mass_jobs[job] = "DELETE"
    return done()


ROUTES = {
    "/cgi-bin/message/mass/sendall": Route("POST", _send, VERIFIED),
    "/cgi-bin/message/mass/get": Route("POST", _get, VERIFIED),
    "/cgi-bin/message/mass/delete": Route("POST", _delete, VERIFIED),
}
