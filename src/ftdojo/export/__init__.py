"""The best model of a run as standard artifacts: a PEFT adapter, a full model folder, or a GGUF file."""

from ftdojo.export.adapter import export_adapter
from ftdojo.export.card import ExportCard
from ftdojo.export.gguf_file import GgufExport, export_gguf
from ftdojo.export.merged import export_merged

__all__ = ["ExportCard", "GgufExport", "export_adapter", "export_gguf", "export_merged"]
