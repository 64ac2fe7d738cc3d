"""What a call carries: a query, a form, a multipart form or JSON ("Making requests")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.platforms.loopback import Call, Upload
from tests.platforms.telegram_errors import bad_request


@dataclass(frozen=True)
class Parameters:
    """The parameters of one call, read as what they are."""

    values: Mapping[str, object]
    files: Mapping[str, Upload] = field(default_factory=dict)

    @classmethod
    def of(cls, call: Call) -> Parameters:
        """Read the parameters of a call."""
        if call.content_type.startswith("application/json"):
            data = call.json()
            return cls({**call.query, **(data if isinstance(data, dict) else {})})
        texts, files = call.fields()
        return cls({**call.query, **texts}, files)

    def has(self, name: str) -> bool:
        """Tell whether a parameter came along."""
        return name in self.values

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        return str(self.values.get(name, default))

    def number(self, name: str, default: int = 0) -> int:
        """Return a whole number, or refuse."""
        value = self.values.get(name, default)
        try:
            return int(str(value))
        except ValueError:
            raise bad_request(f"can't parse integer parameter {name!r}") from None

    def truth(self, name: str, *, default: bool = False) -> bool:
        """Return a truth value; forms spell it out."""
        if name not in self.values:
            return default
        return str(self.values[name]).lower() in {"true", "1"}

    def data(self, name: str) -> object:
        """Return a JSON value, or None when it is missing."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            parsed: object = json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name} JSON object") from None
        return parsed

    def file(self, name: str) -> Upload | str:
        """Return an uploaded file, or the file id or address that stands for one."""
        if name in self.files:
            return self.files[name]
        value = self.text(name)
        if value.startswith("attach://"):
            attached = self.files.get(value.removeprefix("attach://"))
            if attached is None:
                raise bad_request(f"there is no {name} in the request")
            return attached
        return value
