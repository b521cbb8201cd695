"""Signals for sites that build on the package. Our own flow never listens to them."""

from __future__ import annotations

from django.dispatch import Signal

# Sent after a gallery's step is committed, with ``gallery`` and ``transition``.
gallery_transitioned = Signal()
