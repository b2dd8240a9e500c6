"""What kind of file it is, by its name or first bytes, and what to do with the kinds that are not read."""

from pathlib import Path

PACKED = (".gz", ".bz2", ".xz")
"""Text in these is unpacked while it is read."""

_SHEET = "is a spreadsheet, which is not read; save the sheet as CSV (UTF-8)"
_ARCHIVE = "is an archive, which is not read; unpack it and name a file in it"
_PICKLE = "is not read, because opening a pickle runs code that is in it; save the rows as Parquet or JSON lines"
_TABLES = "is a database, which is not read; write the table to a CSV file"
_PROSE = "is plain text without fields; write a CSV file with a header, or one JSON object a line"
_ZSTANDARD = (
    "is packed with Zstandard, which is not read; unpack it with zstd -d, or pack it with gzip"
)
_POINTER = "is a pointer of Git LFS, not the file itself; get that with git lfs pull"
_PAGE = "is a web page, not a file of rows; download the raw file"
_ADVICE = {
    _SHEET: ".xlsx .xls .xlsm .xlsb .ods .numbers",
    _ARCHIVE: ".zip .tar .tgz .7z .rar",
    _PICKLE: ".pkl .pickle .joblib .pt .pth .npy .npz",
    _TABLES: ".sqlite .sqlite3 .db .duckdb",
    _PROSE: ".txt .text .md .log",
    _ZSTANDARD: ".zst .zstd",
}
_FIRST_BYTES = {
    b"PK\x03\x04": "is a spreadsheet or an archive, whatever its name says; save the sheet as CSV (UTF-8), or unpack it",
    b"\xd0\xcf\x11\xe0": _SHEET,
    b"SQLite format 3\0": _TABLES,
    b"(\xb5/\xfd": _ZSTANDARD,
    b"\x1f\x8b": "is packed with gzip; let its name end in .gz",
    b"BZh91AY&SY": "is packed with bzip2; let its name end in .bz2",
    b"\xfd7zXZ": "is packed with xz; let its name end in .xz",
    b"PAR1\x15": "is Parquet; let its name end in .parquet",
    b"ARROW1\0": "is Arrow; let its name end in .arrow",
    b"FEA1\0": "is Feather of version 1, which is not read; save it as Parquet",
    b"\x80\x04\x95": _PICKLE,
    b"\x80\x05\x95": _PICKLE,
    b"version https://git-lfs": _POINTER,
    b"<!doctype html": _PAGE,
    b"<html": _PAGE,
}


def kind_of(path: Path) -> str:
    """Return the suffix that decides how ``path`` is read: ``.jsonl`` for ``rows.jsonl.gz``.

    Example:
        >>> kind_of(Path("v1.2/rows.JSONL.gz"))
        '.jsonl'
    """
    return _unpacked(path).suffix.lower()


def stem(path: Path) -> str:
    """Return the name of ``path`` without the suffixes that decide how it is read.

    Example:
        >>> stem(Path("data/rows.jsonl.gz"))
        'rows'
    """
    return _unpacked(path).stem


def packing(path: Path) -> str:
    """Return the suffix of the packing of ``path``, or nothing."""
    suffix = path.suffix.lower()
    return suffix if suffix in PACKED else ""


def advice(path: Path) -> str:
    """Return what a file of a kind that is not read is and what to do with it, or nothing for an unknown kind."""
    return next((what for what, kinds in _ADVICE.items() if kind_of(path) in kinds.split()), "")


def disguised(start: bytes) -> str:
    r"""Return what a file is by its first bytes, or nothing where they may be text.

    Example:
        >>> disguised(b"PAR1\x15\x04")
        'is Parquet; let its name end in .parquet'
    """
    start = start[:32].lower() if start[:1] == b"<" else start
    return next((what for sign, what in _FIRST_BYTES.items() if start.startswith(sign)), "")


def _unpacked(path: Path) -> Path:
    return Path(path.name[: -len(packing(path))] if packing(path) else path.name)
