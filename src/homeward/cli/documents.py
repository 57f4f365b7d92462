"""JSON documents that only the command line writes; the others are in :mod:`homeward.results.contract`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from homeward.results.contract import Document

__all__ = ["Diagnosis", "DiagnosisFinding"]


class DiagnosisFinding(BaseModel):
    """One thing that ``homeward doctor`` looked at."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    subject: str
    ok: bool
    found: str
    remedy: str


class Diagnosis(Document):
    """What ``homeward doctor`` found."""

    schema_: Literal["homeward/doctor/1"] = Field("homeward/doctor/1", alias="schema")
    fit: bool
    findings: tuple[DiagnosisFinding, ...]
