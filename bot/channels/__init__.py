"""Channels turn a vendor's messages into utterances and replies back; they decide nothing."""
