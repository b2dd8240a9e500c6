"""What train.yaml may say, and what is said about the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdojo.records import Failure, FailureKind, Stage
from ftdojo.submissions import TrainConfig, about_ignored, describe_train, read_train, write_train
from ftdojo.submissions.dialects import DROPPED, RENAMED

FIELDS = TrainConfig.model_fields


def failure_of(text):
    failure = read_train(text)
    assert isinstance(failure, Failure)
    assert (failure.stage, failure.file) == (Stage.STATIC, "train.yaml")
    return failure


def test_an_empty_file_means_every_default():
    assert read_train("") == read_train("# nothing\n") == TrainConfig()


def test_the_default_rate_follows_the_method():
    assert (TrainConfig().learning_rate, TrainConfig(method="full").learning_rate) == (2e-4, 2e-5)


def test_numbers_are_read_as_agents_write_them():
    config = read_train("learning_rate: 1e-4\nr: '8'\nmax_steps: 1e2\npacking: yes\n")
    assert config == TrainConfig(learning_rate=1e-4, r=8, max_steps=100, packing=True)


@pytest.mark.parametrize(
    ("steps", "total", "warmup"), [(0, 100, 0), (0.03, 100, 3), (0.03, 10, 1), (7, 100, 7)]
)
def test_warmup_below_one_is_a_share_rounded_up(steps, total, warmup):
    assert TrainConfig(warmup_steps=steps).warmup(total) == warmup


def test_evaluations_are_at_least_a_step_apart():
    assert TrainConfig(eval_steps=0.2, eval_share=0.1).eval_every(50) == 10
    assert TrainConfig(eval_steps=0.001, eval_share=0.1).eval_every(0) == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("r: 0", "r is 0, it must be a whole number from 1 to 256"),
        ("r: true", "r is True, it must be a whole number"),
        ("r: 2.5", "r is 2.5, it must be a whole number"),
        ("max_length: null", "max_length is None, it must be a whole number from 16 to 131072"),
        ("learning_rate: 3", "learning_rate is 3, it must be a number above 0, at most 0.1"),
        ("learning_rate: fast", "learning_rate is 'fast', it must be a number above 0"),
        ("learning_rate: 'nan'", "learning_rate is 'nan', it must be a number above 0"),
        ("lora_dropout: 1", "lora_dropout is 1, it must be a number from 0, below 1"),
        ("use_dora: maybe", "use_dora is 'maybe', it must be true or false"),
        ("optim: adamw_8bit", "optim is 'adamw_8bit', it must be adamw_torch"),
        ("method: qlora", "method is 'qlora', it must be lora or full"),
        (
            "lr_scheduler_type: x",
            "must be linear, cosine, constant, constant_with_warmup or inverse",
        ),
        (
            "target_modules: q_proj",
            "must be all-linear or a list of names such as [q_proj, v_proj]",
        ),
        ("target_modules: []", "target_modules is [], it must be all-linear or a list"),
        ("target_modules: ['.*']", "it must be all-linear or a list of names"),
        ("layers_to_transform: 3", "layers_to_transform is 3, it must be a list of whole numbers"),
        ("warmup_steps: 1.5", "it must be a share below 1 or a whole number up to 100000"),
        ("eval_steps: 0", "it must be a share above 0 and below 1 or a whole number"),
        ("neftune_noise_alpha: 0", "it must be a number above 0, at most 50"),
        ("data_seed: -1", "it must be a whole number from 0 to 4294967295"),
        (f"seed: {'9' * 200}", "seed is 9999"),
        ("r: {a: 1}", "r is {'a': 1}, it must be a whole number"),
    ],
)
def test_a_value_out_of_range_is_named_with_the_range(line, says):
    failure = failure_of(line)
    assert failure.kind is FailureKind.SCHEMA
    assert failure.message.startswith("train.yaml: ")
    assert says in failure.message
    assert len(failure.message) < 250


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("method: full\nr: 4", "leave out r: it means nothing with method: full"),
        (
            "lr_scheduler_type: constant\nwarmup_steps: 3",
            "leave out warmup_steps: constant has no warm-up, constant_with_warmup has",
        ),
        ("early_stopping_patience: 2", "early_stopping_patience: it needs eval_share above 0"),
        ("max_steps: 0", "max_steps 0 trains nothing; write -1 (by epochs) or a positive number"),
        ("layers_to_transform: [0]", "layers_to_transform needs target_modules as a list of names"),
        (
            "per_device_train_batch_size: 64\ngradient_accumulation_steps: 32",
            "per_device_train_batch_size * gradient_accumulation_steps is 2048, at most 1024",
        ),
    ],
)
def test_fields_that_contradict_each_other_are_refused(text, says):
    assert says in failure_of(text).message


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("max_seq_length", "max_seq_length is called max_length here"),
        ("cutoff_len", "cutoff_len is called max_length here"),
        ("lora_rank", "lora_rank is called r here"),
        ("lora_r", "lora_r is called r here"),
        ("micro_batch_size", "is called per_device_train_batch_size here"),
        ("finetuning_type", "is called method here"),
        ("val_set_size", "is called eval_share here"),
        ("max-seq-length", "max-seq-length is called max_length here"),
        ("LR", "LR is called learning_rate here"),
        ("lora-alpha", "'lora-alpha' is unknown, the nearest is lora_alpha"),
        ("warmup_ratio", "is gone, write warmup_steps as a share below 1, such as 0.03"),
        ("train_on_inputs", "write completion_only_loss: false to train on whole rows"),
        ("bf16", "leave out bf16: the dojo chooses the precision"),
        ("load_in_4bit", "leave out load_in_4bit: the dojo chooses the precision"),
        ("output_dir", "leave out output_dir: the dojo decides where things are kept"),
        ("evaluation_strategy", "the dojo decides when to evaluate, eval_share keeps rows back"),
        ("stage", "stage is called objective here"),
        ("pref_beta", "pref_beta is called beta here"),
        ("loss_weights", "write rpo_alpha for the weight of the chosen answers' own loss"),
        ("learning_rte", "'learning_rte' is unknown, the nearest is learning_rate"),
        ("zzz", "'zzz' is unknown, leave it out"),
        ("x" * 5000, "xxx... is unknown, leave it out"),
    ],
)
def test_an_unknown_name_is_answered_with_the_right_one_or_the_reason(name, says):
    failure = failure_of(f"? {name}\n: 1")
    assert failure.kind is FailureKind.SCHEMA
    assert says in failure.message


def test_the_table_of_other_names_points_at_fields_and_shadows_none():
    assert set(RENAMED.values()) <= FIELDS.keys()
    assert not (RENAMED.keys() | DROPPED.keys()) & FIELDS.keys()
    assert not RENAMED.keys() & DROPPED.keys()


def test_an_option_that_only_logs_is_passed_over_with_a_remark():
    text = "learning_rate: 1e-3\nlogging_steps: 5\nreport_to: none\n"
    assert read_train(text) == read_train("learning_rate: 1e-3\n")
    assert about_ignored(text) == (
        "logging_steps, report_to in train.yaml changes nothing: the dojo decides what is logged.",
    )
    assert about_ignored("learning_rate: 1e-3\n") == ()


def test_all_faults_are_counted_and_five_are_shown():
    text = "lora_rank: 1\nlr: 1\nbf16: true\nzzz: 1\nmax_length: 1\nr: 0\nseed: -1\n"
    message = failure_of(text).message
    assert message.startswith("train.yaml has 7 faults: lora_rank is called r here; ")
    assert message.endswith("; and 2 more.")


def test_ten_thousand_unknown_names_get_a_short_answer():
    message = failure_of("".join(f"k{n}: 1\n" for n in range(2000))).message
    assert message.startswith("train.yaml has 2000 faults: 'k0' is unknown")
    assert len(message) < 400


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("r: 1: 2", "syntax", "line 1, column 5: mapping values are not allowed here"),
        ("r: [1", "syntax", "line 1, column 6: expected ',' or ']'"),
        ("```yaml\nr: 1\n```", "syntax", "begins with a Markdown fence; hand in the bare text"),
        ("r: 1\x00", "syntax", "it holds a control character, which YAML does not allow"),
        ("r: 1\n---\nr: 2", "syntax", "line 2, column 1: but found another document"),
        ("- r", "schema", "it must hold lines of the form key: value"),
        ("r", "schema", "it must hold lines of the form key: value"),
        ("r: 1\nr: 2", "schema", "line 2, column 1: the key 'r' is given twice; keep one"),
        (
            "r: &a 1\nseed: *a",
            "schema",
            "line 1, column 4: anchors (&) and aliases (*) are not read",
        ),
        ("r: !!python/name:os.system", "schema", "tags (!) are not read; write the plain value"),
        ("r: !!int '1'", "schema", "tags (!) are not read"),
        ("1: 2", "schema", "line 1, column 1: keys must be text"),
        ("[a]: 2", "schema", "keys must be text"),
        ("learning_rate: .inf", "schema", "'.inf' is not a finite number"),
        (f"seed: {'9' * 5000}", "schema", "999... is not a finite number"),
        ("learning_rate: 1e999", "schema", "'1e999' is not a finite number"),
        ("[" * 60_000, "schema", "it is nested more than 16 deep"),
        ("- " * 30_000, "schema", "it is nested more than 16 deep"),
        ("r: " + "1" * 70_000, "schema", "it has 70003 characters, at most 65536 are read"),
    ],
)
def test_what_is_no_plain_mapping_is_refused_with_the_place(text, kind, says):
    failure = failure_of(text)
    assert says in failure.message
    assert failure.kind == kind


def test_an_alias_bomb_is_refused_before_it_grows():
    bomb = "a: &a [x]\n" + "".join(
        f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdef", "bcdefg", strict=True)
    )
    assert "anchors" in failure_of(bomb).message


@given(st.text(max_size=200) | st.text(alphabet="r:-[]{}&*!|>'\"\n ,?#1e.", max_size=60))
def test_arbitrary_text_is_a_config_or_a_failure_never_an_error(text):
    answer = read_train(text)
    assert isinstance(answer, TrainConfig | Failure)


@given(
    st.dictionaries(
        st.sampled_from(sorted(FIELDS)),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    )
)
def test_arbitrary_values_are_a_config_or_a_failure(values):
    text = "".join(f"{name}: {value!r}\n" for name, value in values.items())
    assert isinstance(read_train(text), TrainConfig | Failure)


lora = st.fixed_dictionaries(
    {},
    optional={
        "r": st.integers(1, 256),
        "lora_dropout": st.floats(0, 1, exclude_max=True),
        "target_modules": st.lists(
            st.from_regex(r"\A[A-Za-z0-9_.]{1,9}\Z"), min_size=1, max_size=4
        ),
        "use_dora": st.booleans(),
    },
)
full = st.just({"method": "full"})
common = st.fixed_dictionaries(
    {},
    optional={
        "learning_rate": st.floats(0, 0.1, exclude_min=True),
        "lr_scheduler_type": st.sampled_from(["linear", "constant", "inverse_sqrt"]),
        "adam_epsilon": st.floats(1e-300, 0.01),
        "max_steps": st.just(-1) | st.integers(1, 10**6),
        "neftune_noise_alpha": st.none() | st.floats(0, 50, exclude_min=True),
        "data_seed": st.none() | st.integers(0, 2**32 - 1),
        "eval_share": st.floats(0, 0.5),
        "packing": st.booleans(),
    },
)


@given(lora | full, common)
def test_a_config_survives_being_written_and_read(method, rest):
    config = TrainConfig(**method, **rest)
    assert read_train(write_train(config)) == config


def test_a_written_config_holds_only_what_has_an_effect():
    text = write_train(TrainConfig(method="full"))
    assert "lora_alpha" not in text
    assert "early_stopping_patience" not in text
    assert "method: full\n" in text


def test_the_table_explains_every_field():
    lines = describe_train().splitlines()
    assert len(lines) == len(FIELDS) + 2
    assert all(line.count("|") == 5 and "||" not in line for line in lines)
    assert (
        "| `lora_dropout` | LoRA: share of adapter inputs dropped. | a number from 0, below 1 | 0.0 |"
        in lines
    )
