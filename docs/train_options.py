"""Write ``docs/train-options.md`` from the options themselves: ``python docs/train_options.py``."""

from pathlib import Path

from ftdojo.submissions import describe_train

PAGE = Path(__file__).with_name("train-options.md")
HEAD = """\
# Options of train.yaml

Made by `python docs/train_options.py`; a test compares this page with the code.

`train.yaml` is a flat mapping. Every option may be left out; an empty file means every default. The names are those of
TRL, PEFT and transformers, except `method`, `start_from`, `fit` and `eval_share`. An unknown, retired or misspelt name is refused and
answered with the right one; a value out of range is answered with the range.

```yaml
method: lora
r: 16
learning_rate: 1e-3
num_train_epochs: 1
per_device_train_batch_size: 8
```

"""


def page() -> str:
    """Return the whole page."""
    return HEAD + describe_train()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf8")
