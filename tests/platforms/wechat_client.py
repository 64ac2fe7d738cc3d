"""wechatpy's own client, pointed at the stand-in."""

from __future__ import annotations

from wechatpy import WeChatClient

from tests.platforms.wechat import WeChatPlatform


def client_of(platform: WeChatPlatform) -> WeChatClient:
    """Return a client with a good token, whose calls go to the stand-in."""
    token = platform.state.tokens.stable(platform.clock(), is_forced=False)["access_token"]
    account = platform.account
    client = WeChatClient(account.app_id, account.secret, token, timeout=5, auto_retry=False)
    client.API_BASE_URL = f"{platform.url}/cgi-bin/"
    client._http.trust_env = False
    return client
