"""PROV-CONSTRAINTS: whether provenance can be the history of anything, checked over columns of triples."""

from progenitor.validate.constraints.check import validate_constraints
from progenitor.validate.constraints.read import columns_of
from progenitor.validate.constraints.report import Statement, Step, Violation

__all__ = ["Statement", "Step", "Violation", "columns_of", "validate_constraints"]
