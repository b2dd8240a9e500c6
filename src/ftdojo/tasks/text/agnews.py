"""text/agnews: is a piece of news about the world, sports, business, or science and technology? (AG News).

Of the official test part 400 texts are the test; validation and confirmation, 150 each, come from the training part, and
the rest of its first rows is on offer.
"""

from ftdojo.records import Direction, Message, Task
from ftdojo.tasks.text.datasets import AGNEWS, TOPICS
from ftdojo.tasks.text.labelled import Labelled

MAX_NEW_TOKENS = 8
OVERLAP_WORDS = 16


def _prompt(text: str) -> tuple[Message, ...]:
    return task.prompt(text)


_data = Labelled(
    dataset=AGNEWS, labels=TOPICS, first_word=False, overlap_words=OVERLAP_WORDS, prompt=_prompt
)
task = Task(
    name="text/agnews",
    version=1,
    domain="text",
    summary=(
        "Name the topic of a piece of news, title and a sentence or two: World, Sports, Business or Sci/Tech. A constant answer "
        "scores about 0.25."
    ),
    answer_format=(
        "The first line is the answer: World, Sports, Business or Sci/Tech; case and everything but letters and digits are "
        f"ignored. An output may have {MAX_NEW_TOKENS} tokens; decoding is greedy. Any other line is unreadable and scores 0."
    ),
    system="",
    template="News: {question}\nIs its topic World, Sports, Business or Sci/Tech? Answer with the topic alone.",
    metric="accuracy",
    direction=Direction.HIGHER,
    unit="share",
    max_new_tokens=MAX_NEW_TOKENS,
    stop=(),
    sources=_data.sources(),
    items=_data.items,
    grade=_data.grade,
    overlap_words=OVERLAP_WORDS,
    datasets=(AGNEWS,),
    slices={"label": "the right label"},
    reference=_data.reference(),
)
