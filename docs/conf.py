"""Configuration of the documentation build (`make docs`)."""

project = "Progenitor"
author = "The Progenitor developers"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Progenitor"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing", "misc.highlighting_failure"]
