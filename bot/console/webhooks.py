"""Webhooks in the console: where messages go, what was given up, and sending that again."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response
from starlette.routing import Route

from bot.console.shell import (
    Refused,
    Section,
    Signed,
    Task,
    form_of,
    number_of,
    page,
    redirect,
    render,
    shell_of,
    text_of,
)
from community.departments import UnknownDepartment
from community.staff import Role, Staff
from hazards.webhook_message_store import Message, count_dead, messages_of, retry
from hazards.webhook_store import Wish, add_webhook, is_there, list_webhooks, stop_webhook
from hazards.webhooks import (
    EVENT_NAMES,
    EVENTS,
    MOST_URL_CHARACTERS,
    BadAddress,
    checked_url,
)

PATH = "/console/webhooks"
ROLES: tuple[Role, ...] = ("administrator",)
MOST_SHOWN = 100

NO_PLACE = "没有这个区县或单位，请从列表里选。"
NO_EVENTS = "至少选一件要推送的事。"
ALREADY = "这个网址已经在推送了。要换密钥或要推的事，先停掉原来的再添加。"
NO_WEBHOOK = "没有找到，可能有人已经停了。页面已更新。"
NO_MESSAGE = "这一条已经在重发，或者推送停了。页面已更新。"
STOPPED = "停了，不再推送。"
RETRIED = "正在重发，过一分钟再看。"

BAD_ADDRESSES: Mapping[str, str] = MappingProxyType(
    {
        "form": "网址没看懂，写成 https://主机/路径 这样。",
        "login": "网址里不要写用户名和密码。",
        "scheme": "网址要以https开头。",
    }
)
# What went wrong, for whoever repairs the other side.
ERRORS: Mapping[str, str] = MappingProxyType(
    {
        "timeout": "对方没有及时回应",
        "connect": "连不上对方",
        "certificate": "对方的证书不对",
        "broken": "对方的回应断了",
        "secret": "签名的密钥打不开，请告诉管理员",
        "address_form": "网址不对",
        "address_login": "网址里有密码",
        "address_scheme": "网址不是https",
        "address_network": "网址通向内网，没有放行（LIFELINE_WEBHOOK_NETWORKS）",
        "address_unknown": "找不到这个主机",
    }
)
STATES: Mapping[str, str] = MappingProxyType(
    {"waiting": "等着发", "sent": "已送到", "dead": "没送到", "dropped": "没有发，推送停了"}
)


def waiting(db: Connection, staff: Staff, now: object) -> list[Task]:  # noqa: ARG001 - fits a card
    """Return the messages that were given up."""
    count = count_dead(db, staff.area(*ROLES).districts)
    return [Task("推送没送到", count, PATH)] if count else []


SECTION = Section(
    "推送",
    PATH,
    ROLES,
    waiting,
    {
        "webhook.added": "添加推送",
        "webhook.stopped": "停止推送",
        "webhook.retried": "重发推送",
        "api_key.added": "发放接口密钥",
        "api_key.revoked": "收回接口密钥",
    },
)


def routes() -> list[Route]:
    """Return the routes of webhooks."""
    return [
        page(PATH, show, *ROLES),
        page(f"{PATH}/add", add, *ROLES, methods=("POST",)),
        page(f"{PATH}/stop", stop, *ROLES, methods=("POST",)),
        page(f"{PATH}/retry", send_again, *ROLES, methods=("POST",)),
    ]


async def show(signed: Signed) -> Response:
    """Show where messages go, those given up, and the latest."""
    return await _shown(signed)


async def add(signed: Signed) -> Response:
    """Add a webhook and show its secret, this once."""
    wish = _wish(signed, await form_of(signed))

    def work(db: Connection) -> str:
        if is_there(db, wish):  # a page that was sent twice
            raise Refused(ALREADY, 409)
        return add_webhook(db, wish, signed.console.key, signed.now, actor=signed.actor)[1]

    secret = await signed.write(work)
    return await _shown(signed, secret=secret, url=wish.url)


async def stop(signed: Signed) -> Response:
    """Stop a webhook."""
    hook_id = number_of(await form_of(signed), "id") or 0
    stopping = partial(
        stop_webhook, hook_id=hook_id, districts=_own(signed), now=signed.now, actor=signed.actor
    )
    return redirect(signed, PATH, STOPPED if await signed.write(stopping) else NO_WEBHOOK)


async def send_again(signed: Signed) -> Response:
    """Send one given-up message again, or with no id all of them."""
    wanted = number_of(await form_of(signed), "id")
    districts = _own(signed)

    def work(db: Connection) -> int:
        ids = [wanted] if wanted is not None else _dead_ids(db, districts)
        return sum(retry(db, id_, districts, signed.now, actor=signed.actor) for id_ in ids)

    return redirect(signed, PATH, RETRIED if await signed.write(work) else NO_MESSAGE)


async def _shown(signed: Signed, secret: str = "", url: str = "") -> Response:
    districts = _own(signed)
    hooks = await signed.read(partial(list_webhooks, districts=districts))
    dead = await signed.read(
        partial(messages_of, districts=districts, state="dead", most=MOST_SHOWN)
    )
    latest = await signed.read(partial(messages_of, districts=districts))
    return render(
        signed,
        "webhooks/list.html",
        hooks=hooks,
        dead=dead,
        latest=latest,
        urls={one.id: one.url for one in hooks},
        places=_places(signed),
        events=EVENT_NAMES,
        states=STATES,
        problem=problem_words,
        secret=secret,
        url=url,
    )


def problem_words(message: Message) -> str:
    """Return what went wrong with a message the last time; "" when nothing did."""
    if message.error:
        return ERRORS.get(message.error, message.error)
    is_refused = message.status is not None and not 200 <= message.status < 300
    return f"对方回了{message.status}" if is_refused else ""


def _own(signed: Signed) -> frozenset[str]:
    return signed.staff.area(*ROLES).districts


def _dead_ids(db: Connection, districts: frozenset[str]) -> list[int]:
    return [one.id for one in messages_of(db, districts, "dead", most=MOST_SHOWN)]


def _places(signed: Signed) -> dict[str, str]:
    """Return what may be chosen: a whole district, or a department, by the form's value."""
    found: dict[str, str] = {}
    for id_, district in shell_of(signed.request).districts.items():
        if id_ in _own(signed):
            found[id_] = f"{district.name}（全区）"
            for one in district.departments:
                found[f"{id_}/{one.id}"] = f"{district.name} {one.name}"
    return found


def _wish(signed: Signed, form: FormData) -> Wish:
    district_id, _, department = text_of(form, "place").partition("/")
    district = shell_of(signed.request).districts.get(district_id)
    if district is None or district_id not in _own(signed):
        raise Refused(NO_PLACE)
    if department:
        try:
            district.department(department)
        except UnknownDepartment:
            raise Refused(NO_PLACE) from None
    events = tuple(one for one in EVENTS if one in form.getlist("event"))
    if not events:
        raise Refused(NO_EVENTS)
    url = text_of(form, "url", most=MOST_URL_CHARACTERS)
    try:
        # Whether http will do depends on where it leads, which is looked at with each message.
        checked_url(url, may_be_plain=True)
    except BadAddress as error:
        raise Refused(BAD_ADDRESSES[error.problem]) from None
    return Wish(district_id, department, url, events)
