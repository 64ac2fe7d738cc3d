"""The dialogue: from an utterance to replies, in the order that is the safety design."""
