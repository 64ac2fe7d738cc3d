"""Hazard reports from photo to closure. Holds nothing yet but its place."""
