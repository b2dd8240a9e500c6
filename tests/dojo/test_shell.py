"""The agent's shell: real commands in the sandbox, and what they cannot do."""

import secrets

import pytest

from ftdojo.records import Shell


@pytest.fixture(scope="module")
def dojo(new):
    with new("shell") as made:
        made.reset()
        yield made


def said(dojo, command, **facts):
    step = dojo.step(Shell(command=command, **facts))
    return step.observation.found[0] if step.observation.found else step.notice


def test_a_command_sees_the_sources_and_its_output_comes_back(dojo):
    found = said(dojo, 'wc -l < "$FTDOJO_DATA/right.jsonl"; exit 3')
    assert (found["output"].strip(), found["exit_code"], found["ended"]) == ("400", 3, "exit")


def test_files_stay_on_the_desk_from_one_command_to_the_next(dojo):
    said(dojo, "echo kept > note")
    assert said(dojo, "cat note")["output"] == "kept\n"
    assert said(dojo, "ls -A")["output"].split()[-1] == "note"


def test_a_command_is_run_as_it_stands_whatever_is_in_it(dojo):
    assert said(dojo, """printf '%s' "it's {a} \\"b\\" \\\\n" """)["output"] == 'it\'s {a} "b" \\n'


def test_a_link_left_on_the_desk_leads_no_write_of_ours_out_of_it(dojo, tmp_path, monkeypatch):
    """Even where the link has guessed the very name of our script."""
    target = tmp_path / "target"
    target.write_text("whole")
    said(dojo, f"ln -s {target} .guessed.py")
    monkeypatch.setattr(secrets, "token_hex", lambda length: "guessed")
    with pytest.raises(FileExistsError):
        said(dojo, "echo on")
    assert target.read_text() == "whole"


def test_a_command_has_no_network_and_cannot_write_to_the_sources(dojo):
    assert said(dojo, "touch /data/x")["exit_code"] != 0
    code = "import socket; socket.create_connection(('1.1.1.1', 53), 2)"
    assert "unreachable" in said(dojo, f'python3 -c "{code}"')["output"]


def test_a_command_has_the_helper_library_of_data_scripts(dojo):
    code = "import ftkit; print(len(ftkit.load('right')))"
    assert said(dojo, f'python3 -c "{code}"')["output"] == "400\n"


def test_a_command_that_does_not_end_is_ended(dojo):
    assert said(dojo, "sleep 60", wall_s=1.0)["ended"] == "wall-time"


@pytest.mark.parametrize(
    ("command", "wall_s", "why"),
    [
        ("", 5.0, "cannot be run"),
        ("x" * 20_001, 5.0, "20001 characters"),
        ("ls", 500.0, "at most 120"),
    ],
)
def test_a_command_that_is_out_of_range_is_refused_and_changes_nothing(dojo, command, wall_s, why):
    assert why in said(dojo, command, wall_s=wall_s)


def test_commands_cost_wall_time_and_no_experiment(dojo):
    before = dojo.step(Shell(command="true")).observation.spent
    after = dojo.step(Shell(command="sleep 1")).observation.spent
    assert after.data_s >= before.data_s + 1.0
    assert after.experiments == 0
    assert after.validation_queries == before.validation_queries
