"""The commands of ``lifeline``, one module each, loaded by the table in ``bot.commands``."""
