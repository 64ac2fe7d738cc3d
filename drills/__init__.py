"""Evacuation drills: duties, timelines, roll call. Holds nothing yet but its place."""
