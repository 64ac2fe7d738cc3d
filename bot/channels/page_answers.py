"""How pages with forms are answered: never stored by a browser, errors as pages of their own."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.channels import web_errors
from bot.channels.web_errors import Refused
from bot.channels.web_headers import ASKS_PLACE
from bot.channels.web_pages import Pages
from bot.channels.web_visitor import is_own_page
from storage import StorageError

logger = logging.getLogger(__name__)

# With no-referrer browsers send a form's Origin as null, and own pages could not be told.
HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin", **ASKS_PLACE}

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Answers:
    """Renders the answers of pages with forms."""

    pages: Pages
    public_url: str | None

    def page(self, template: str, values: Mapping[str, object], status: int = 200) -> HTMLResponse:
        """Return a page that no browser and no proxy keeps."""
        return HTMLResponse(self.pages.render(template, values), status, HEADERS)

    def check_own_page(self, request: Request) -> None:
        """Do nothing for a form of our own page.

        Raises:
            Refused: for one of another's.
        """
        if not is_own_page(request, self.public_url):
            raise Refused(403, web_errors.FOREIGN_PAGE)

    def refusing(self, endpoint: Endpoint) -> Endpoint:
        """Return ``endpoint`` with refusals and failed storage answered as pages."""

        async def answer(request: Request) -> Response:
            try:
                return await endpoint(request)
            except Refused as refusal:
                return self._refusal(refusal.words, refusal.status)
            except StorageError:
                logger.exception("the page %s: storage failed", request.url.path)
                return self._refusal(web_errors.STORAGE_FAILED, 503)

        return answer

    def _refusal(self, words: str, status: int) -> Response:
        return self.page("report_refused.html", {"words": words}, status)
