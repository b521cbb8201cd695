"""The photographer's own folders become galleries, and their files stay where they are.

``folder_patterns`` says what a path means. A scan (``runs``) walks through the library
(``walking``), compares what is there with the rows (``comparing``), recognises what was moved
(``renaming``), and does the rest folder by folder (``applying``). ``browsing`` and ``picking`` are
for photographs that are chosen by hand.
"""

from .runs import ask_scan, run_scan

__all__ = ["ask_scan", "run_scan"]
