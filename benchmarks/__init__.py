"""Measures the program beside anchors in the same run: ratios are judged, seconds are only shown."""
