"""Target: a model folder of which one file is somebody else's, as it is got ready for a run."""

import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from benchmarks.fuzz.contract import Target
from benchmarks.fuzz.seeds import in_cases
from ftdojo.config import cache_dir

FILES = (
    *("config.json", "tokenizer_config.json", "tokenizer.json", "generation_config.json"),
    *("chat_template.jinja", "README.md", "model.safetensors"),
)
HEADER = b'{"a": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}, "__metadata__": {}}'
WEIGHTS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(8)
CARD = b"---\nlicense: mit\n---\n"


def targets() -> Iterator[Target]:
    """Yield the one target."""
    yield Target(
        name="model-folder",
        run=_prepared,
        seeds=_seeds(),
        words=[
            *(b'"data_offsets"', b'"shape"', b'"text_config"', b'"model_type"', b'"auto_map"'),
            *(
                b"{% for ",
                b"{% endfor %}",
                b"{{ messages[0].content }}",
                b'"eos_token"',
                b"<|im_end|>",
            ),
        ],
        is_json=True,
    )


@cache
def _folder() -> Path:
    """Return a copy of the tiny model whose files may be changed."""
    from ftdojo.models import pull

    folder = Path(tempfile.mkdtemp()) / "it"
    shutil.copytree(pull("tiny", cache=cache_dir()).path, folder)
    (folder / "ftdojo.json").unlink()
    (folder / "README.md").write_bytes(CARD)
    return folder


def _seeds() -> list[bytes]:
    made = [bytes([at]) + (_folder() / name).read_bytes() for at, name in enumerate(FILES[:6])]
    template = FILES.index("chat_template.jinja")
    made += [bytes([template]) + text for text in in_cases(".jinja")]
    return [*made, bytes([FILES.index("model.safetensors")]) + WEIGHTS]


def _prepared(data: bytes) -> None:
    from ftdojo.models.prepared import prepare

    path = _folder() / FILES[(data or b"\0")[0] % len(FILES)]
    before = path.read_bytes()
    try:
        path.write_bytes(data[1:])
        with tempfile.TemporaryDirectory() as cache_of_its_own:
            prepare(str(_folder()), chat_template="", cache=Path(cache_of_its_own))
    finally:
        path.write_bytes(before)
