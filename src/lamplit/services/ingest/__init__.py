"""Readings in: `ingest` takes files and folders into a home's lake, and counts every row."""

from lamplit.services.ingest.result import FileResult, IngestReport, Rows
from lamplit.services.ingest.run import ingest

__all__ = ["FileResult", "IngestReport", "Rows", "ingest"]
