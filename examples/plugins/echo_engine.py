"""An engine of one's own: ``ftdojo run math/mini --model tiny --engine echo_engine:Echo``. It repeats the question."""

from ftdojo.records import Completion


class Echo:
    def __init__(self, worker):
        """The run's worker is there to be used or to be left alone."""

    def identity(self):
        return ("echo", "1")

    def start(self):
        pass

    def generate(self, prompts, *, decoding, weights):
        return [
            self._completed(prompt[-1]["content"], decoding)
            for prompt in prompts
            for _ in range(decoding.samples)
        ]

    def close(self):
        pass

    def _completed(self, text, decoding):
        words = text.split()
        cut = " ".join(words[: decoding.max_new_tokens])
        for stop in decoding.stop:
            cut = cut.partition(stop)[0]
        count = min(len(words), decoding.max_new_tokens)
        return Completion(text=cut, tokens=count, finished=len(words) <= decoding.max_new_tokens)
