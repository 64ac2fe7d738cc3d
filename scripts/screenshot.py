"""Takes the README's picture of the chat: asks three things in a phone-sized window.

usage: python scripts/screenshot.py http://127.0.0.1:8000/ docs/images/chat.png [说的话 …]
"""

import shutil
import sys

from playwright.sync_api import sync_playwright

PHONE = {"width": 390, "height": 844}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SETTLING_MILLISECONDS = 1_500
SAID = ["电瓶能不能拿回家充"]


def main() -> None:
    """Ask, wait for each answer, and save the picture."""
    address, picture, *said = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        page = browser.new_page(viewport=PHONE, device_scale_factor=2)
        page.goto(address)
        for text in said or SAID:
            page.get_by_role("textbox").fill(text)
            page.keyboard.press("Enter")
            page.wait_for_timeout(SETTLING_MILLISECONDS)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main()
