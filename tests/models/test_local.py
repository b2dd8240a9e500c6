"""The small files of a model folder are anybody's text."""

import pytest

from ftdojo.errors import ModelError
from ftdojo.models.loading import require_loadable
from ftdojo.models.local import has_chat_template, read_config

NEST = pytest.param("[" * 100_000, id="a nest")


@pytest.mark.parametrize("text", ["", "[]", "{", "\udcff", NEST])
def test_a_config_that_is_no_object_is_one_clear_line(tmp_path, text):
    (tmp_path / "config.json").write_bytes(text.encode("utf8", "surrogateescape"))
    with pytest.raises(ModelError, match=r"config.json holds no JSON object; get the model again"):
        read_config(tmp_path)


def test_a_tokenizer_that_cannot_be_read_brings_no_template(tmp_path):
    (tmp_path / "tokenizer_config.json").write_text("[" * 100_000)
    assert not has_chat_template(tmp_path)


@pytest.mark.parametrize("kind", ["[]", "{}", "3", "null", '"\\u001b"'])
def test_a_kind_of_model_that_is_no_name_is_one_clear_line(tmp_path, kind):
    (tmp_path / "config.json").write_text(f'{{"model_type": {kind}}}')
    with pytest.raises(ModelError, match="transformers does not know the model_type"):
        require_loadable(tmp_path, "it")
