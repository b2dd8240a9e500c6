"""The digest is the identity of the tensors, and damaged files are refused with one line."""

import json
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from ftdojo.errors import ModelError
from ftdojo.models import tensor_digest
from ftdojo.models.weights import parameters, tensors

MODEL = {"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.ones(4, dtype=np.float16)}


@pytest.fixture
def folder(tmp_path):
    save_file(MODEL, tmp_path / "model.safetensors")
    return tmp_path


def shard(folder, parts):
    """Write ``parts`` as shards with an index, the way save_pretrained does."""
    folder.mkdir()
    for file, part in parts.items():
        save_file(part, folder / file)
    weight_map = {name: file for file, part in parts.items() for name in part}
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}), encoding="utf8")
    return folder


def test_the_digest_does_not_depend_on_sharding(folder, tmp_path):
    parts = {f"{name}.safetensors": {name: MODEL[name]} for name in MODEL}
    assert tensor_digest(shard(tmp_path / "cut", parts)) == tensor_digest(folder)


def test_the_digest_does_not_depend_on_metadata(folder, tmp_path):
    (tmp_path / "other").mkdir()
    save_file(MODEL, tmp_path / "other" / "model.safetensors", metadata={"format": "pt"})
    assert tensor_digest(tmp_path / "other") == tensor_digest(folder)


@pytest.mark.parametrize(
    "changed",
    [
        MODEL | {"a": np.array([1, 1, 1, 2], dtype=np.float16)},
        MODEL | {"b": MODEL["b"].reshape(3, 2)},
        MODEL | {"b": MODEL["b"].view(np.int32)},
        {"c": MODEL["b"], "a": MODEL["a"]},
    ],
    ids=["value", "shape", "dtype", "name"],
)
def test_the_digest_changes_with(folder, tmp_path, changed):
    before = tensor_digest(folder)
    save_file(changed, folder / "model.safetensors")
    assert tensor_digest(folder) != before


def test_headers_say_where_the_bytes_are(folder):
    raw = (folder / "model.safetensors").read_bytes()
    found = {each.name: raw[each.start : each.start + each.size] for each in tensors(folder)}
    assert found == {name: value.tobytes() for name, value in MODEL.items()}
    assert parameters(folder) == 10


def test_a_file_that_is_too_short_says_so(folder):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"is damaged: it has \d+ bytes where its header promises"):
        tensor_digest(folder)


def test_an_empty_folder_names_the_format(tmp_path):
    with pytest.raises(ModelError, match="holds no safetensors file; ftdojo reads weights as"):
        tensor_digest(tmp_path)


def test_a_shard_outside_of_the_folder_is_refused(folder, tmp_path):
    cut = shard(tmp_path / "cut", {})
    index = cut / "model.safetensors.index.json"
    index.write_text('{"weight_map": {"a": "../model.safetensors"}}', encoding="utf8")
    with pytest.raises(ModelError, match=r"names the shard '../model.safetensors'; a shard must"):
        tensor_digest(cut)


def test_a_missing_shard_is_named(tmp_path):
    cut = shard(tmp_path / "cut", {"1.safetensors": MODEL})
    (cut / "1.safetensors").unlink()
    with pytest.raises(ModelError, match=r"lacks the shard '1.safetensors'; download the model"):
        tensor_digest(cut)


@pytest.mark.parametrize("index", ["[]", pytest.param("[" * 100_000, id="a nest")])
def test_an_index_without_a_map_is_refused(tmp_path, index):
    cut = shard(tmp_path / "cut", {})
    (cut / "model.safetensors.index.json").write_text(index, encoding="utf8")
    with pytest.raises(ModelError, match="is damaged: it has no weight_map"):
        tensor_digest(cut)


def test_a_tensor_that_is_there_twice_is_named(tmp_path):
    cut = shard(tmp_path / "cut", {"1.safetensors": MODEL, "2.safetensors": {"a": MODEL["a"]}})
    index = cut / "model.safetensors.index.json"
    index.write_text('{"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}')
    with pytest.raises(ModelError, match="holds the tensor 'a' in two files; keep one"):
        tensor_digest(cut)


@given(raw=st.binary(max_size=200), length=st.integers(0, 300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_hostile_file_is_read_or_refused_but_never_crashes(tmp_path, raw, length):
    (tmp_path / "model.safetensors").write_bytes(length.to_bytes(8, "little") + raw)
    with suppress(ModelError):
        assert len(tensor_digest(tmp_path)) == 64


@pytest.mark.parametrize(
    "header",
    [
        '{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, -4]}}',
        '{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 0]}}',
        '{"a": {"dtype": "F32", "shape": [1]}}',
        '{"a": 7}',
        '{"a": {"dtype": "F32", "shape": [1e999], "data_offsets": [0, 0]}}',
        "[1]",
        "{{",
        pytest.param("[" * 100_000, id="a nest"),
    ],
)
def test_a_header_that_lies_is_refused(tmp_path, header):
    raw = len(header).to_bytes(8, "little") + header.encode()
    (tmp_path / "model.safetensors").write_bytes(raw)
    with pytest.raises(ModelError, match="is damaged: its header cannot be read"):
        tensors(tmp_path)


def test_the_files_written_are_what_safetensors_itself_reads(tiny):
    assert set(load_file(tiny.path / "model.safetensors")) == {t.name for t in tensors(tiny.path)}
