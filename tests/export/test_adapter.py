"""An exported adapter works with plain transformers and peft, and its card says what it is."""

import json
from dataclasses import replace

import pytest
import torch
import yaml
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftdojo.errors import ModelError, UsageError
from ftdojo.export import export_adapter


@pytest.fixture
def exported(adapter, tiny, card, tmp_path):
    return export_adapter(adapter, tiny, to=tmp_path / "out", card=card)


def test_plain_peft_loads_it_with_the_same_outputs(exported, trained, tiny, logits):
    base = AutoModelForCausalLM.from_pretrained(tiny.path)
    assert torch.equal(logits(PeftModel.from_pretrained(base, exported)), logits(trained))


def test_the_tokenizer_comes_along_with_its_chat_template(exported, tiny):
    ours, theirs = (AutoTokenizer.from_pretrained(each) for each in (exported, tiny.path))
    assert ours.chat_template == theirs.chat_template
    assert ours("a <|im_end|>")["input_ids"] == theirs("a <|im_end|>")["input_ids"]


def test_the_card_carries_scores_with_n_and_interval(exported):
    text = (exported / "README.md").read_text()
    front = yaml.safe_load(text.split("---\n")[1])
    (metric,) = front["model-index"][0]["results"][0]["metrics"]
    assert (metric["value"], metric["args"]) == (0.41, {"n": 200, "low": 0.34, "high": 0.48})
    assert (front["library_name"], front["license"]) == ("peft", "apache-2.0")
    assert "| base, tiny | 0.04 | 0.02 to 0.07 | 200 |" in text


def test_the_card_names_run_seed_digest_sources_and_versions(exported, tiny):
    text = (exported / "README.md").read_text()
    for part in (
        "r1, experiment e3",
        "seed 7",
        tiny.digest,
        "- worked: 300 rows, CC0-1.0",
        "torch 2.13.0",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("tiny", ("tiny", None)),
        ("smollm2-135m", ("HuggingFaceTB/SmolLM2-135M-Instruct", None)),
        ("org/good@main", ("org/good", "made-by-ftdojo-v1")),
    ],
)
def test_the_adapter_names_its_base_by_an_id(adapter, tiny, card, tmp_path, name, origin):
    to = export_adapter(adapter, replace(tiny, name=name), to=tmp_path / "out", card=card)
    config = json.loads((to / "adapter_config.json").read_text())
    assert (config["base_model_name_or_path"], config["revision"]) == origin
    assert str(tiny.path) not in (to / "README.md").read_text()


@pytest.mark.parametrize("kind", ["base", "full"])
def test_what_is_no_adapter_is_sent_to_the_merged_export(kind, full, tiny, card, tmp_path):
    with pytest.raises(UsageError, match=r"no adapter to export from the .*; export it merged"):
        export_adapter(full if kind == "full" else None, tiny, to=tmp_path / "out", card=card)


def test_a_folder_with_something_in_it_is_left_alone(adapter, tiny, card, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"exists and is not an empty folder; name another one"):
        export_adapter(adapter, tiny, to=tmp_path, card=card)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_damaged_adapter_leaves_nothing_behind(tiny, card, tmp_path):
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "adapter_model.safetensors").write_bytes(b"short")
    (weights / "adapter_config.json").write_text("{")
    with pytest.raises(ModelError, match=r"adapter_model.safetensors is damaged: its 5 bytes do"):
        export_adapter(weights, tiny, to=tmp_path / "out", card=card)
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["adapter_config.json"], r"lacks adapter_model.safetensors; train the experiment again"),
        ([], r"holds no weights; an adapter \(adapter_config.json\) or a model"),
    ],
)
def test_a_folder_without_weights_is_named(tiny, card, tmp_path, files, message):
    weights = tmp_path / "weights"
    weights.mkdir()
    for file in files:
        (weights / file).touch()
    with pytest.raises(ModelError, match=message):
        export_adapter(weights, tiny, to=tmp_path / "out", card=card)


def test_an_unreadable_adapter_config_is_named(adapter, tiny, card, tmp_path):
    (tmp_path / "weights").mkdir()
    raw = (adapter / "adapter_model.safetensors").read_bytes()
    (tmp_path / "weights/adapter_model.safetensors").write_bytes(raw)
    (tmp_path / "weights/adapter_config.json").write_text("{")
    with pytest.raises(ModelError, match=r"adapter_config.json .* JSON object; train the"):
        export_adapter(tmp_path / "weights", tiny, to=tmp_path / "out", card=card)
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]


def test_a_target_that_cannot_be_written_is_named(adapter, tiny, card, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match=r"out cannot be written \(Not a directory\); name a fol"):
        export_adapter(adapter, tiny, to=tmp_path / "file" / "out", card=card)
