"""The modules of the page's script -> the script, written anew: `python tests/page/bundle.py`."""

from __future__ import annotations

from harness.report.bundle import write

if __name__ == "__main__":
    write()
