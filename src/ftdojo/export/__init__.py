"""The best model of a run as standard artifacts: a PEFT adapter, a full model folder, or a GGUF file."""

from ftdojo.export.asked import AskCard, AskedAs, asked_as, read_asked
from ftdojo.export.card import ExportCard
from ftdojo.export.folders import export_adapter, export_merged, kind_of
from ftdojo.export.gguf_file import GgufExport, export_gguf

__all__ = [
    "AskCard",
    "AskedAs",
    "ExportCard",
    "GgufExport",
    "asked_as",
    "export_adapter",
    "export_gguf",
    "export_merged",
    "kind_of",
    "read_asked",
]
