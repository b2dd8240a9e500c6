"""What can be said of an experiment without asking anybody: plain measurements, one sentence each."""

from ftdojo.agents.ft_agent.tools.drift import drift
from ftdojo.agents.ft_agent.tools.effect import effect, prediction
from ftdojo.agents.ft_agent.tools.errors import clusters
from ftdojo.agents.ft_agent.tools.evidence import Evidence, Prediction
from ftdojo.agents.ft_agent.tools.items import moved, nearest_rows
from ftdojo.agents.ft_agent.tools.loss import loss_verdict
from ftdojo.agents.ft_agent.tools.rows import row_facts
from ftdojo.agents.ft_agent.tools.slices import slices_moved

__all__ = ["Evidence", "Prediction", "effect", "findings"]


def findings(evidence: Evidence) -> tuple[str, ...]:
    """Return every finding about an experiment that there is evidence for, the cheapest first."""
    tools = (
        row_facts,
        loss_verdict,
        effect,
        prediction,
        drift,
        slices_moved,
        clusters,
        moved,
        nearest_rows,
    )
    return tuple(line for tool in tools for line in tool(evidence))
