"""Everything the operator sets, read once at start-up from the environment and ``.env``."""

import logging
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SETTING_PREFIX = "LIFELINE_"
# Host and port of a database URL; whatever stands before the last @ may be a password.
_URL_PORT = re.compile(r"://(?>(?:.*@)?)(?:\[[^]]*\]|[^/:@?]*):([^/?@]*)(?:[/?]|$)")


# core.telegram.org/bots/api#setwebhook, and the Official Account's 「服务器配置」.
_TELEGRAM_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")


class Settings(BaseSettings):
    """The operator's settings; each has a variable of its name with ``LIFELINE_`` before it."""

    model_config = SettingsConfigDict(
        env_prefix=SETTING_PREFIX, env_file=".env", env_file_encoding="utf-8-sig",
        env_ignore_empty=True, frozen=True, extra="ignore",
    )  # fmt: skip

    data_dir: Path = Field(
        Path("var"), description="放数据库、知识库和索引的文件夹 | folder for databases and indexes"
    )
    database_url: str = Field(
        "",
        repr=False,  # it may hold a password
        description="主数据库地址，空着就用数据文件夹里的SQLite；也可填 postgresql+psycopg://… | "
        "main database; empty means SQLite in the data folder",
    )
    host: str = Field("127.0.0.1", description="网页服务监听的地址 | address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="网页服务的端口 | port to listen on")
    public_url: str = Field(
        "", description="外面访问用的网址，https开头时Cookie加Secure | address people use"
    )
    districts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("demo",), min_length=1,
        description="服务的区县，逗号分开，第一个是默认 | districts served, the first the default",
    )  # fmt: skip
    secret_key: SecretStr | None = Field(
        None,
        description="签名和加密的密钥；用PostgreSQL必须填，用SQLite会自动生成文件 | "
        "key for signing; required with PostgreSQL",
    )
    index_model: str = Field(
        "",
        description="换用的sentence-transformers模型，空着用自带的 | "
        "another sentence-transformers model; needs the extra encoder",
    )
    wechat_token: SecretStr | None = Field(
        None, description="公众号后台“服务器配置”里的Token；填了才开微信 | turns WeChat on"
    )
    wechat_app_id: str = Field("", description="公众号的AppID | the Official Account's AppID")
    wechat_app_secret: SecretStr | None = Field(
        None,
        description="公众号的AppSecret，主动发消息、菜单、二维码要用 | "
        "for sending, menu and QR codes",
    )
    wechat_mode: Literal["plain", "compatible", "safe"] = Field(
        "safe",
        description="消息加解密方式：plain明文、compatible兼容、safe安全 | as set in the console",
    )
    wechat_aes_key: SecretStr | None = Field(
        None, description="EncodingAESKey，43个字符，兼容和安全模式必填 | required unless plain"
    )
    wechat_previous_aes_key: SecretStr | None = Field(
        None, description="换密钥期间的上一个EncodingAESKey | the one before, while it is rotated"
    )
    wechat_api: str = Field(
        "https://api.weixin.qq.com", description="微信接口的地址 | base address of WeChat's API"
    )
    wechat_templates: Annotated[dict[str, str], NoDecode] = Field(
        {},
        description="订阅通知的模板，用途=模板ID，逗号分开，例如 drill=AbC,case=DeF | "
        "subscription templates by purpose",
    )
    wechat_fresh_seconds: int = Field(
        300, ge=30, le=86_400,
        description="微信消息的时间戳最多差几秒 | how old a callback's timestamp may be",
    )  # fmt: skip
    telegram_token: SecretStr | None = Field(
        None, description="BotFather给的token；填了才开Telegram | turns Telegram on"
    )
    telegram_api: str = Field(
        "https://api.telegram.org", description="Telegram接口的地址 | base address of the Bot API"
    )
    telegram_secret: SecretStr | None = Field(
        None,
        description="webhook的secret token；和LIFELINE_PUBLIC_URL都填了才用webhook，否则轮询 | "
        "webhook secret; without it, or without a public URL, updates are polled",
    )
    telegram_proxy: str = Field(
        "", description="连Telegram用的代理，如 http://127.0.0.1:7890 | proxy for Telegram"
    )
    speech_command: str = Field(
        "",
        description="离线语音识别命令，{file}处放录音文件，输出文字；空着就不识别 | "
        "offline speech recogniser; {file} stands for the recording",
    )
    map_tiles: str = Field(
        "",
        description="地图瓦片地址，如 https://…/{z}/{x}/{y}.png；空着地图只有标记 | "
        "address of map tiles; without it maps show markers alone",
    )
    map_datum: Literal["wgs84", "gcj02"] = Field(
        "wgs84",
        description="瓦片的坐标系：wgs84，国内商用地图填gcj02 | datum of the tiles",
    )
    map_attribution: str = Field("", description="地图右下角的版权说明 | attribution shown on maps")
    webhook_networks: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="允许推送到的内网网段，逗号分开，如 10.20.0.0/16；空着只推公网https | "
        "private networks that webhooks may be sent to",
    )
    log_level: str = Field("INFO", description="日志级别 | log level")

    @field_validator("districts", "webhook_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("wechat_templates", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        if not all(name.strip() and template.strip() for name, _, template in pairs):
            raise ValueError("write purpose=template id, separated by commas")
        return {name.strip(): template.strip() for name, _, template in pairs}

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        level = value.strip().upper()
        if level not in logging.getLevelNamesMapping():
            raise ValueError("not a level of the logging module")
        return level

    @field_validator("database_url")
    @classmethod
    def _numbered_port(cls, value: str) -> str:
        found = _URL_PORT.search(value)
        if found and not re.fullmatch(r"[0-9]*", found[1]):
            raise ValueError("the port is no number")
        return value

    @field_validator("telegram_secret")
    @classmethod
    def _sendable(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not _TELEGRAM_SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("1 to 256 of A-Z, a-z, 0-9, _ and -")
        return value

    @field_validator("wechat_aes_key", "wechat_previous_aes_key")
    @classmethod
    def _aes_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not _AES_KEY.fullmatch(value.get_secret_value()):
            raise ValueError("43 letters and digits")
        return value

    @property
    def database(self) -> str:
        """The main database's URL: the one set, or SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'lifeline.db'}"

    @property
    def is_embedded(self) -> bool:
        """Whether the main database is the embedded SQLite."""
        return self.database.startswith("sqlite")
