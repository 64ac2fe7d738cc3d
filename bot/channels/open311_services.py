"""What Open311 says of the kinds of hazard: the list of services, and what each asks for."""

from typing import Any

from hazards.categories import Categories, Category

# Codes of the two attributes.
FLOOR = "floor"
EMERGENCY = "emergency_now"
YES, NO = "yes", "no"

CALL_FIRST = "着火、漏气、有人被困：先打119（免费），再上报。"


def service_list(categories: Categories) -> list[dict[str, Any]]:
    """Return GET services: every category, in the order of the buttons.

    ``batch``: a token comes at once and the number once a reviewer has released the case.
    ``blackbox``: it is handled, but never published.
    """
    return [
        {
            "service_code": one.id,
            "service_name": one.name,
            "description": f"{one.description}{CALL_FIRST}",
            "metadata": True,
            "type": "batch" if one.is_public else "blackbox",
            "keywords": ",".join(one.open311),
            "group": group.name,
        }
        for group in categories.groups
        for one in group.categories
    ]


def service_definition(category: Category) -> dict[str, Any]:
    """Return GET services/{code}: what may, and what must, be said besides."""
    asked = [_emergency(category)] if category.emergency_gate else []
    attributes = [*asked, _floor(category)]
    numbered = [one | {"order": order} for order, one in enumerate(attributes, 1)]
    return {"service_code": category.id, "attributes": numbered}


def _emergency(category: Category) -> dict[str, Any]:
    return _attribute(
        EMERGENCY,
        "singlevaluelist",
        category.emergency_gate,
        hint="选“是”就不收：现在先打119，人离开再说。",
        values=[{"key": NO, "name": "没有"}, {"key": YES, "name": "是，现在就有危险"}],
    )


def _floor(category: Category) -> dict[str, Any]:
    return _attribute(
        FLOOR, "string", f"几楼（{category.place_word}）", hint="例如 2楼、B1，不写门牌"
    )


def _attribute(
    code: str,
    datatype: str,
    description: str,
    *,
    hint: str,
    values: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    return {
        "variable": True,
        "code": code,
        "datatype": datatype,
        "required": code == EMERGENCY,
        "datatype_description": hint,
        "order": 0,
        "description": description,
        "values": values or [],
    }
