"""An objective of one's own: rows of ``{"text": ...}``, every token of which is learnt, as in continued pre-training.

``PYTHONPATH=examples/plugins ftdojo run math/mini --objective raw_text:RAW_TEXT ...``
"""

from ftdojo.submissions import Row, ShapeError
from ftdojo.training.encode import Encoded
from ftdojo.training.objectives import SFT


class RawText:
    def identity(self):
        return ("raw-text", "1")

    def read(self, entry):
        text = entry.get("text")
        if not isinstance(text, str) or not text.strip():
            raise ShapeError('the row has no text; write {"text": "..."}.')
        return Row(messages=({"role": "assistant", "content": text},), format="messages")

    def conversations(self, row):
        return (row.messages,)

    def answer(self, row):
        return None  # a page of text answers nothing

    def encode(self, tokenizer, row, config):
        ids = tuple(tokenizer(row.messages[0]["content"])["input_ids"])
        cut = ids[: config.max_length]
        return Encoded(ids=cut, labelled=(True,) * len(cut), cut=len(ids) > len(cut))

    def loss(self, model, batch, config):
        return SFT.loss(model, batch, config)


RAW_TEXT = RawText()
