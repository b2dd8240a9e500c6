"""Peak memory of a stretch of work, by sampling: the system's own high-water mark never goes down again."""

import gc
import threading
from types import TracebackType

import psutil


class PeakMemory:
    """Samples this process's resident memory while it is open; ``bytes`` is the highest seen.

    On a GPU it is the device's memory that torch held, free blocks between its tensors included: that is what nobody
    else could have.
    """

    def __init__(self, every_s: float = 0.02) -> None:
        self.bytes, self._every_s = 0, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "PeakMemory":
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        import torch

        self._stop.set()
        self._thread.join()
        if torch.cuda.is_available():
            self.bytes = torch.cuda.max_memory_reserved()

    def _sample(self) -> None:
        process = psutil.Process()
        stopped = False
        while not stopped:
            stopped = self._stop.wait(self._every_s)
            # Looked at once more after the end: what was taken since the last look counts too.
            self.bytes = max(self.bytes, process.memory_info().rss)


def give_back() -> None:
    """Let go of what a failed piece of work still holds, so that the next one has the memory."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
