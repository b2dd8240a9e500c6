"""Models of the hub, through its own client and in its own cache, so that nothing is downloaded twice.

The client's variables are honoured: HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_HUB_OFFLINE. Only safetensors and
plain text files are ever fetched; code of the repository is neither downloaded nor run.
"""

import sys
from pathlib import Path
from typing import Any

from ftdojo.errors import ModelError
from ftdojo.models.entries import Progress, disk_errors, make_folder, need_room

_WANTED = [
    "*.safetensors",
    "*.json",
    "*.jinja",
    "*.txt",
    "tokenizer.model",
    "README.md",
    "LICENSE*",
]
_REMEDY = "set HF_HOME to a folder on another disk"
_UNWANTED = [
    "*/*",
    "consolidated*",
]  # other formats lie in folders; consolidated* repeats the weights


def fetch(repo: str, revision: str, *, again: bool, on_progress: Progress) -> tuple[Path, str]:
    """Download ``repo`` and return its folder and its commit.

    Args:
        repo: ``org/name``.
        revision: a branch, tag or commit; empty for the default branch.
        again: fetch files anew although they are there, since one of them is damaged.
        on_progress: gets the size before a download.

    Raises:
        ModelError: the model is missing, private, gated, out of reach or without safetensors.
    """
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HFValidationError, HTTPError
    from huggingface_hub.utils import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    asked = {"revision": revision or None, "allow_patterns": _WANTED, "ignore_patterns": _UNWANTED}
    try:
        _look_first(repo, asked, on_progress)
        with disk_errors(Path(constants.HF_HUB_CACHE), remedy=_REMEDY):
            folder = Path(snapshot_download(repo, force_download=again, **asked))
    except (HTTPError, OSError, HFValidationError) as error:
        raise _explain(error, repo, revision) from error
    return folder, folder.name


def _look_first(repo: str, asked: dict[str, Any], on_progress: Progress) -> None:
    """Check what the hub offers before the first byte; when there is no network, the cache may still hold it."""
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import DryRunError

    try:
        offered = snapshot_download(repo, dry_run=True, **asked)
    except DryRunError:
        return
    names = {file.filename for file in offered}
    if "config.json" not in names or not any(name.endswith(".safetensors") for name in names):
        raise ModelError(
            f"{repo} offers no config.json with safetensors, the only format ftdojo reads; "
            "choose a model that has both, or convert a copy and name its folder."
        )
    missing = sum(file.file_size for file in offered if file.will_download)
    if missing:
        place = Path(constants.HF_HUB_CACHE)
        make_folder(place, remedy=_REMEDY)
        need_room(place, missing, remedy=_REMEDY)
        on_progress(f"{repo}: downloading {missing / 1e6:.0f} MB from {constants.ENDPOINT} ...")


def _explain(error: Exception, repo: str, revision: str) -> ModelError:
    """Return the client's error as one line; the narrower classes come first."""
    from huggingface_hub import constants, errors

    answered = isinstance(error, errors.HfHubHTTPError | errors.HFValidationError)
    cause = error if answered else error.__cause__ or error
    match cause:
        case errors.GatedRepoError():
            why = f"{repo} is gated: accept its licence at {constants.ENDPOINT}/{repo}, then set HF_TOKEN to your token."
        case errors.RevisionNotFoundError():
            why = f"{repo} has no revision {revision!r}; name a branch, tag or commit of it."
        case errors.RepositoryNotFoundError() | errors.HFValidationError():
            why = f"The hub has no model {repo!r}, or it is private; check the spelling, or set HF_TOKEN."
        case _ if constants.HF_HUB_OFFLINE:
            why = f"{repo} was never downloaded whole, and HF_HUB_OFFLINE is set; unset it, or name a folder."
        case _:
            reason = (str(cause).strip() or type(cause).__name__).splitlines()[0]
            why = (
                f"{repo} could not be downloaded from {constants.ENDPOINT} ({reason[:200]}); "
                "check the network and HF_ENDPOINT and try again, or name a folder."
            )
    return ModelError(why)
