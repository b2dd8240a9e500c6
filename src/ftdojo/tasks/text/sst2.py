"""text/sst2: is a phrase of a film review positive or negative? (SST-2 of GLUE).

Of the labelled GLUE validation part 400 sentences are the test; validation and confirmation, 150 each, come from the
training part. Training phrases are often pieces of one another, and none that contains a held-out one is on offer.
"""

from ftdojo.records import Direction, Message, Task
from ftdojo.tasks.text.datasets import FEELINGS, SST2
from ftdojo.tasks.text.labelled import Labelled

MAX_NEW_TOKENS = 8
OVERLAP_WORDS = 8


def _prompt(text: str) -> tuple[Message, ...]:
    return task.prompt(text)


_data = Labelled(
    dataset=SST2, labels=FEELINGS, first_word=True, overlap_words=OVERLAP_WORDS, prompt=_prompt
)
task = Task(
    name="text/sst2",
    version=1,
    domain="text",
    summary=(
        "Tell whether a sentence or phrase of a film review is positive or negative. Texts are lower-cased and cut into words. "
        "A constant answer scores about 0.5."
    ),
    answer_format=(
        "The first word is the answer: positive or negative, in any case; marks are ignored, and what follows as well. An "
        f"output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Any other first word is unreadable and scores 0."
    ),
    system="",
    template="Review: {question}\nIs it positive or negative? Answer with one word.",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=_data.sources(),
    items=_data.items,
    grade=_data.grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(SST2,),
    slices={"label": "the right label"},
    reference=_data.reference(),
)
