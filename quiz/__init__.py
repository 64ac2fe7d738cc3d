"""Quizzes that come back to what a resident got wrong. Holds nothing yet but its place."""
