"""Hazards (隐患): reports and cases from photo to closure, deadlines, rewards, open data."""
