"""How a resident asks, for all browser tests."""

from playwright.sync_api import Locator, Page


def field(page: Page) -> Locator:
    """Return the field to write in."""
    return page.get_by_role("textbox", name="你的问题")


def ask(page: Page, text: str) -> None:
    """Type a question and send it."""
    field(page).fill(text)
    page.keyboard.press("Enter")
