"""Days and moments as Chinese papers write them."""

from datetime import date, datetime, tzinfo


def day_text(day: date) -> str:
    """Return 2026年11月22日."""
    return f"{day.year}年{day.month}月{day.day}日"


def span_text(begin: datetime, end: datetime, zone: tzinfo) -> str:
    """Return 2026年11月22日9时至17时30分; the day comes twice only where it changes.

    Raises:
        ValueError: as :func:`moment_text`.
    """
    until = moment_text(end, zone)
    same_day = day_text(begin.astimezone(zone).date())
    return f"{moment_text(begin, zone)}至{until.removeprefix(same_day)}"


def moment_text(moment: datetime, zone: tzinfo) -> str:
    """Return 2026年11月22日9时, with minutes where there are any, as clocks in ``zone`` show it.

    Raises:
        ValueError: when ``moment`` has no zone of its own.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no zone: pass an aware datetime")
    here = moment.astimezone(zone)
    minutes = f"{here.minute:02d}分" if here.minute else ""
    return f"{day_text(here.date())}{here.hour}时{minutes}"
