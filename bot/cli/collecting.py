"""How a long-running command collects garbage."""

import gc

# New objects before the young are looked at, then how often the older ones are.
THRESHOLDS = (50_000, 20, 50)


def settle_garbage() -> None:
    """Collect what starting has left, and never look at what stays again.

    Knowledge, index and modules are a million objects that live as long as the process; a
    collection that walks through them stops every message for a tenth of a second. Turns make
    next to no cycles, so what is new can be looked at more seldom than Python would.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
