"""What the web chat refuses, and in which words; every refusal names what to do instead."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from storage import StorageError

Endpoint = Callable[[Request], Awaitable[Response]]

FOREIGN_PAGE = "这条消息不是从本页面发出的，没有收。请打开生命通道的页面再发。"
NOT_JSON = "没看懂发来的内容。请刷新页面再试。"
TOO_LARGE = "发来的内容太长，没有收。请分成几条发。"
WRONG_TYPE = "只收JSON格式的内容。请刷新页面再试。"
BAD_NUMBER = "序号不对。请刷新页面再试。"
NOT_RATEABLE = "这条回答现在不能评价了。"
TOO_MANY_STREAMS = "打开的页面太多了。请关掉几个再试。"
NOT_A_FORM = "没看懂发来的内容。请刷新页面再试。"
PHOTO_TOO_LARGE = "照片太大了，没有收。一张最多20MB，请重新拍一张普通照片再发。"
TOO_MANY_PHOTOS = "照片发得太快了，等一会儿再发。真着火、漏气、有人被困：直接打119（免费）。"
PHOTO_NOT_KEPT = "照片这会儿存不下，过一会儿再发。着火、漏气、有人被困：直接打119（免费）。"
STORAGE_FAILED = "记录这会儿取不出来，过一会儿再试。着火、漏气、有人被困：直接打119（免费）。"


class Refused(Exception):
    """A request that is answered with an error.

    Attributes:
        status: the HTTP status.
        words: what the resident reads, in Chinese.
    """

    def __init__(self, status: int, words: str) -> None:
        self.status = status
        self.words = words
        super().__init__(f"{status}: {words}")


def refusing(endpoint: Endpoint) -> Endpoint:
    """Return ``endpoint`` with refusals and failed storage answered as ``{"error": "…"}``."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refused as refusal:
            return JSONResponse({"error": refusal.words}, refusal.status)
        except StorageError:
            return JSONResponse({"error": STORAGE_FAILED}, 503, {"Retry-After": "5"})

    return answer
