"""An instrument that names its exposures, detectors and filters as LSSTCam does."""

from __future__ import annotations

from typing import Any

from lsst.daf.butler import DataId, FormatterV2, Registry
from lsst.pipe.base import Instrument

from lsst_demo.images import SmallImageFormatter

PHYSICAL_FILTERS = {"i_39": "i", "r_57": "r"}
"""Physical filter to band."""
DETECTORS_IN_RAFT = 9


def detector_name(detector: int) -> tuple[str, str]:
    """Return the raft and the name in the raft of a detector, for example ``R22`` and ``S11``."""
    raft, sensor = divmod(detector, DETECTORS_IN_RAFT)
    return f"R{raft // 5}{raft % 5 + 1}", f"S{sensor // 3}{sensor % 3}"


class LSSTCam(Instrument):
    """LSSTCam with as many detectors as are asked for.

    Parameters
    ----------
    collection_prefix
        Begins the names of the instrument's collections; the instrument's name when not given.
    """

    detectors = 2

    @classmethod
    def getName(cls) -> str:  # noqa: N802 (the name is the base class's)
        """Return the value of the dimension."""
        return "LSSTCam"

    def getRawFormatter(self, dataId: DataId) -> type[FormatterV2]:  # noqa: N802, N803
        """Return what reads a raw."""
        return SmallImageFormatter

    def register(self, registry: Registry, *, update: bool = False) -> None:
        """Insert the instrument with its detectors and filters into a registry."""
        with registry.transaction():
            for element, records in self._records().items():
                for record in records:
                    registry.syncDimensionData(element, record, update=update)

    def _records(self) -> dict[str, list[dict[str, Any]]]:
        name = self.getName()
        instrument = {
            "name": name,
            "visit_max": 6050123199999,
            "visit_system": 0,
            "exposure_max": 6050123199999,
            "detector_max": 1000,
            "class_name": f"{type(self).__module__}.{type(self).__qualname__}",
        }
        detectors = []
        for detector in range(self.detectors):
            raft, sensor = detector_name(detector)
            detectors.append(
                {
                    "instrument": name,
                    "id": detector,
                    "full_name": f"{raft}_{sensor}",
                    "name_in_raft": sensor,
                    "raft": raft,
                    "purpose": "SCIENCE",
                }
            )
        filters = [
            {"instrument": name, "name": physical_filter, "band": band}
            for physical_filter, band in PHYSICAL_FILTERS.items()
        ]
        return {"instrument": [instrument], "detector": detectors, "physical_filter": filters}
