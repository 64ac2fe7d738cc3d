"""Search over the curated entries, and the detectors that look at a message before it.

Imports nothing of ours: topics are handed in, lexicons and the shipped model lie beside
the code. Torch is needed by ``training`` and ``hub`` alone.
"""
