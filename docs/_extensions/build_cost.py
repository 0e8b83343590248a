"""Tell at the end of a build how long it took, and the memory of all its processes together at the worst moment."""

import threading
import time
from contextlib import suppress

import psutil
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata


class Cost:
    """What a build has taken so far."""

    def __init__(self) -> None:
        self.began, self.memory = time.monotonic(), 0

    def measure(self) -> None:
        """Measure the memory of all processes every two seconds; on Linux, what they share counts once."""
        while True:
            total, me = 0, psutil.Process()
            for process in [me, *me.children(recursive=True)]:
                with suppress(psutil.Error):
                    total += getattr(info := process.memory_full_info(), "pss", info.rss)
            self.memory = max(self.memory, total)
            time.sleep(2)  # each look takes 0.1 s of a core

    def tell(self, app: Sphinx, error: Exception | None) -> None:
        """Print the time and the memory of a build that wrote a site."""
        minutes, seconds = divmod(round(time.monotonic() - self.began), 60)
        if error is None and app.builder.format == "html":
            memory = f"{self.memory / 1e9:.1f} GB of memory, all processes together"
            print(f"The site took {minutes} min {seconds:02} s, {memory}.")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Begin to measure, and connect the event."""
    cost = Cost()
    threading.Thread(target=cost.measure, daemon=True).start()
    app.connect("build-finished", cost.tell, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
