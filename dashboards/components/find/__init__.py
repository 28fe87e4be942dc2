"""The search field of the filter bar, and where searched text stands: browser components of our own."""
