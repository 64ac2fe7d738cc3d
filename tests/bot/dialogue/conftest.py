"""The whole conversation with every function, as the functions' own tests have it."""

from tests.bot.functions.conftest import house, sends, talk

__all__ = ["house", "sends", "talk"]
