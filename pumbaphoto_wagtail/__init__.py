"""Client galleries and proofing for Wagtail: upload, share, select, edit, deliver."""

__version__ = "0.1.0"
