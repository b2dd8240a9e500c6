"""The best model of a run as standard artifacts: a PEFT adapter, a full model folder, or a GGUF file."""

from ftdojo.export.adapter import export_adapter
from ftdojo.export.asked import AskCard, AskedAs, asked_as, read_asked
from ftdojo.export.card import ExportCard
from ftdojo.export.folders import kind_of
from ftdojo.export.gguf_file import GgufExport, export_gguf
from ftdojo.export.merged import export_merged

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
