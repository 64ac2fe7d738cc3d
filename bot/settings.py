"""Everything the operator sets, read once at start-up from the environment and ``.env``."""

import logging
import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SETTING_PREFIX = "LIFELINE_"
# Host and port of a database URL; whatever stands before the last @ may be a password.
_URL_PORT = re.compile(r"://(?>(?:.*@)?)(?:\[[^]]*\]|[^/:@?]*):([^/?@]*)(?:[/?]|$)")


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
    log_level: str = Field("INFO", description="日志级别 | log level")

    @field_validator("districts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

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

    @property
    def database(self) -> str:
        """The main database's URL: the one set, or SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'lifeline.db'}"

    @property
    def is_embedded(self) -> bool:
        """Whether the main database is the embedded SQLite."""
        return self.database.startswith("sqlite")
