"""The bot: channels, dialogue, wording, commands, and the one place where all is joined."""
