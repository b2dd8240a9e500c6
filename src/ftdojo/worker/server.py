"""The worker process: ``python -m ftdojo.worker.server FOLDER NAME [SHORTCUTS]``.

Requests come in on standard input, answers go out on what was standard output; anything a library prints goes to
standard error, which the controller keeps as a log. The process ends with its controller, however that ends: standard
input ends then, and a thread that waits for it ends the process in the middle of whatever is under way.
"""

import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ftdojo.errors import FtdojoError, SubmissionRefused
from ftdojo.models.device import out_of_memory
from ftdojo.records import Decoding, LossPoint, Shortcuts, Weights
from ftdojo.store import dump, load
from ftdojo.submissions import TrainConfig
from ftdojo.training.trainer import Course

if TYPE_CHECKING:  # torch is imported only once the first reply can say that it failed
    from ftdojo.worker.messages import Probed
    from ftdojo.worker.runtime import ModelRuntime


class WorkerServer:
    """Serves one controller, one request at a time.

    ``lost`` turns true with a fault after which the device computes nothing more for this process.
    """

    def __init__(self, out: TextIO) -> None:
        self._out, self.lost = out, False
        self._bench: ModelRuntime | None = None

    def load(self, folder: str, name: str, shortcuts: str = "") -> None:
        """Load the base model and report its shortcuts, which are found out by trial where they are not given (as JSON)."""
        self._answer(lambda: self._load(folder, name, shortcuts))

    def serve(self, line: str) -> None:
        """Carry out one request and answer it."""
        request = json.loads(line)
        self._answer(lambda: self._carry_out(request["op"], request["args"]))

    def _load(self, folder: str, name: str, shortcuts: str) -> str:
        from ftdojo.worker.runtime import ModelRuntime

        known = load(Shortcuts, shortcuts) if shortcuts else None
        self._bench = ModelRuntime(Path(folder), name, known)
        return dump(self._bench.shortcuts)

    def _carry_out(self, op: str, args: dict[str, Any]) -> str:
        assert self._bench is not None, "no request comes before the model is loaded"
        if op == "generate":
            return self._generate(self._bench, args)
        if op == "calibrate":
            return dump(self._bench.calibrate())
        if op == "lengths":
            return dump(self._bench.lengths(args["prompts"], answer=args["answer"]))
        config, rows = TrainConfig.model_validate(args["config"]), Path(args["rows"])
        start = _weights(args["start"])
        if op == "audit":
            return dump(self._bench.audit(rows, config))
        if op == "losses":
            return dump(
                self._bench.losses(rows, config, _weights(args["weights"]), tails=args["tails"])
            )
        if op == "fit":
            return dump(self._bench.fit(rows, config, start, steps=args["steps"]))
        if op == "probe":
            return dump(self._probe(self._bench, rows, config, start, args))
        to, seconds, course = Path(args["to"]), args["seconds"], _course(args)
        report = self._bench.train(
            rows, config, to=to, seconds=seconds, on_step=self._step, course=course
        )
        return dump(report)

    def _generate(self, bench: "ModelRuntime", args: dict[str, Any]) -> str:
        weights = _weights(args["weights"])
        return dump(bench.generate(args["prompts"], _decoding(args), weights))

    def _probe(
        self,
        bench: "ModelRuntime",
        rows: Path,
        config: TrainConfig,
        start: Weights | None,
        args: dict[str, Any],
    ) -> "Probed":
        return bench.probe(
            rows,
            config,
            prompts=args["prompts"],
            decoding=_decoding(args),
            start=start,
        )

    def _step(self, point: LossPoint) -> None:
        self._say(f'{{"event": {dump(point)}}}')

    def _answer(self, work: Callable[[], str]) -> None:
        """Answer with the result of ``work`` or with its fault: a failed experiment is data, not an end."""
        fault: dict[str, str] | None = None
        try:
            self._say(f'{{"result": {work()}}}')
        except Exception as error:  # whatever it is, the controller is to know of it
            fault = {"kind": _kind(error), "message": _line(error), "log_tail": _tail()}
            self.lost = _lost_device(error)
            self._say(json.dumps({"fault": fault}))
        if fault and self._bench:  # only now does nothing hold the tensors of what failed
            from ftdojo.worker.memory import give_back

            give_back()

    def _say(self, line: str) -> None:
        self._out.write(line.replace("\n", " ") + "\n")
        self._out.flush()


def _decoding(args: dict[str, Any]) -> Decoding:
    return load(Decoding, json.dumps(args["decoding"]))


def _course(args: dict[str, Any]) -> Course:
    return load(Course, json.dumps(args["course"]))


def _weights(plain: Any) -> Weights | None:
    return load(Weights, json.dumps(plain)) if plain else None


def _kind(error: Exception) -> str:
    if out_of_memory(error):
        return "out-of-memory"
    return "schema" if isinstance(error, SubmissionRefused) else "bug"


def _lost_device(error: Exception) -> bool:
    return "CUDA error" in str(error) and _kind(error) != "out-of-memory"


def _line(error: Exception) -> str:
    first = next(iter(str(error).splitlines()), "")
    return first if isinstance(error, FtdojoError) else f"{type(error).__name__}: {first}"


def _tail() -> str:
    return traceback.format_exc()[-4000:]


def main() -> None:
    """Load the base model, say so, and serve requests until standard input ends."""
    requests: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(_own_input(), requests), daemon=True).start()
    # Sent to a whole group, these are the controller's to act on.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    out = os.fdopen(os.dup(1), "w", encoding="utf8")
    os.dup2(2, 1)
    server = WorkerServer(out)
    server.load(*sys.argv[1:])
    while not server.lost:
        server.serve(requests.get())
    os._exit(1)  # the next request finds another worker, with a device that works


def _own_input() -> TextIO:
    """Return the requests, and leave an empty standard input: a library that asks a question is to wait for nobody."""
    requests = os.fdopen(os.dup(0), encoding="utf8")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return requests


def _listen(stream: TextIO, requests: "queue.Queue[str]") -> None:
    """Pass requests on; end the process with the controller, whose death closes ``stream``."""
    for line in stream:
        requests.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
