"""``ftdojo skill``: the guide for coding agents, as a skill that they find by themselves."""

import typer

skill_app = typer.Typer(
    no_args_is_help=True,
    help="The guide for coding agents, as a skill of theirs.",
)


@skill_app.command("show")
def show() -> None:
    """Print the SKILL.md: the guide with front matter."""
    from ftdojo.serve.skill import skill

    print(skill())


@skill_app.command("install")
def install(
    whom: str = typer.Option(
        ...,
        "--for",
        metavar="claude|codex|gemini|DIR",
        help="Whose skills; or the path of a folder of skills, such as .claude/skills of a project.",
    ),
) -> None:
    """Write the skill where an agent looks for skills.

    Prints its path. A file there that ftdojo did not write, or that was changed since, is left alone.

    Example: ftdojo skill install --for claude
    """
    from ftdojo.serve import skill

    print(skill.install(skill.skills_folder(whom)))
