"""Raises ``SystemExit(0)`` when imported; METR's ``sys.exit(0)`` at import."""

raise SystemExit(0)
