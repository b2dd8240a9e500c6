"""A scripted language model behind a real HTTP server that speaks OpenAI's protocol: failures by name, costs counted.

::

    with ScriptedLlm(behaviours.storm) as server:
        models = open_models(LlmChoice(models={"planner": "openai/scripted"}, base_url=server.url))

From a shell: ``python -m ftdojo.testing.llm --behaviour storm`` prints the base URL and serves until it is stopped.
"""

from ftdojo.testing.llm import behaviours
from ftdojo.testing.llm.server import ScriptedLlm
from ftdojo.testing.llm.types import Behaviour, ChatRequest, Said, Tally, Trouble

__all__ = ["Behaviour", "ChatRequest", "Said", "ScriptedLlm", "Tally", "Trouble", "behaviours"]
