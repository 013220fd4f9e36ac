"""What `faulthandler` wrote of a process, and what it printed -> in a line where it died or hangs, and its last words."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

#: Asks for the Python stack without ending the process.
ASK_SIGNAL = getattr(signal, "SIGUSR2", None)

#: Frames of a stack and characters of last words in a message.
FRAMES, WORDS = 6, 200

#: Stacks asked of a hanging process, and seconds between them: what they have in common is where it hangs.
ASKED, ASKED_SECONDS = 4, 0.02

#: Bytes of a file of stacks or of output that are kept.
KEPT = 2**20

#: Whether a file is the one below which frames are the harness's own.
Own = Callable[[Path], bool]


def watch(file: Any) -> None:
    """Have the Python stack written to an open file when this process is killed by a fault or asked for it."""
    faulthandler.disable()
    faulthandler.enable(file, all_threads=False)
    if ASK_SIGNAL is not None:
        faulthandler.register(ASK_SIGNAL, file, all_threads=False)


def short(path: str) -> str:
    """The last two parts of a path: enough to find the file, and nothing of whose home it is in."""
    return "/".join(Path(path).parts[-2:])


def frames(dump: str, own: Own) -> Iterator[tuple[str, str, str]]:
    """File, line and function of each frame `faulthandler` wrote, innermost first, down to the harness's own."""
    for line in dump.splitlines():
        words = line.split('"')
        if len(words) != 3 or not words[2].startswith(", line "):
            continue
        place, _, function = words[2].removeprefix(", line ").partition(" in ")
        if own(Path(words[1])):
            return
        yield short(words[1]), place, function


def told(dump: str, own: Own) -> str:
    """Where a process stood, innermost first."""
    return " < ".join([f"{file}:{line} in {function}" for file, line, function in frames(dump, own)][:FRAMES])


def tail(file: int) -> str:
    """The end of an open file, as text."""
    os.lseek(file, max(0, os.fstat(file).st_size - KEPT), os.SEEK_SET)
    return os.read(file, KEPT).decode(errors="replace")


def hanging(process: int, file: int, note: Callable[[], Any], own: Own) -> str:
    """Where a process hangs: the outer frames that several looks have in common, while its ``note`` stays as it is.

    ``file`` is the open one that it writes its stacks to.
    """
    if ASK_SIGNAL is None:
        return ""
    stacks: list[list[str]] = []
    first = note()
    while len(stacks) < ASKED and note() == first:  # being asked may end a system call, and so the hang
        os.ftruncate(file, 0)
        with contextlib.suppress(OSError):
            os.kill(process, ASK_SIGNAL)
        time.sleep(ASKED_SECONDS)
        found = [f"{place} in {function}" for place, _, function in frames(tail(file).replace("\0", ""), own)][::-1]
        if stacks and not found:
            break
        stacks.append(found)
    shared = takewhile(lambda places: len(set(places)) == 1, zip(*stacks, strict=False))
    return " < ".join([places[0] for places in shared][::-1][:FRAMES])


def last_words(output: str) -> str:
    """The last line printed; addresses left out."""
    lines = [" ".join(line.split()) for line in output.split("\n") if line.strip()]
    return re.sub("0x[0-9a-fA-F]+", "0x…", lines[-1])[:WORDS] if lines else ""
