"""Metrics in the JSON shape of Rubin's ``MetricMeasurementBundle``: a list of measurements per action."""

from __future__ import annotations

from pydantic import BaseModel, RootModel


class Measurement(BaseModel):
    """A metric with its value."""

    metric: str
    value: float
    unit: str


class MetricBundle(RootModel[dict[str, list[Measurement]]]):
    """Measurements by the name of the action that made them."""
