"""What the camera's events say of an image: its names, and the keys and values of whoever asked for it."""

from __future__ import annotations

from typing import Any

from night.shots import Camera, Shot

LFA = "https://s3.cp.lsst.org/rubinobs-lfa-cp"
"""Where the Large File Annex is."""


def key_value_map(shot: Shot, group: str | None) -> str:
    """Return what a takeImages command tells the camera: ``key: value, key: value``."""
    return ", ".join(f"{key}: {value}" for key, value in _told(shot, group).items())


def additional(shot: Shot, group: str | None) -> dict[str, str]:
    """Return the same as the camera's events repeat it: keys and values joined by colons, those inside escaped."""
    pairs = _told(shot, group)
    if shot.kind == "dark":
        pairs["note"] = "shutter: closed"
    return {
        "additionalKeys": ":".join(map(_escape, pairs)),
        "additionalValues": ":".join(map(_escape, pairs.values())),
    }


def names(shot: Shot, number: int, images: int) -> dict[str, Any]:
    """Return the fields that name an image, the ``number``-th of a command's images."""
    return {
        "imagesInSequence": images,
        "imageName": shot.obs_id,
        "imageIndex": number,
        "imageSource": shot.camera.prefix,
        "imageController": "O",
        "imageDate": str(shot.day_obs),
        "imageNumber": shot.seq_num,
    }


def readout_parameters(shot: Shot) -> dict[str, Any]:
    """Return how an image is read out."""
    rafts, sensors = zip(*shot.camera.detectors, strict=True)
    return {
        "imageName": shot.obs_id,
        "ccdLocation": _locations(shot.camera),
        "raftBay": ":".join(rafts),
        "ccdSlot": ":".join(sensors),
        "daqFolder": "raw",
        "daqAnnotation": f"{shot.kind} {shot.program}",
    }


def focal_plane(camera: Camera) -> dict[str, Any]:
    """Return which detectors and readout boards a camera has, and what its sequencer was loaded with."""

    def each(template: str) -> str:
        return ":".join(template.format(number) for number, _ in enumerate(camera.detectors, start=1))

    rafts, sensors = zip(*camera.detectors, strict=True)
    return {
        "ccdLocation": _locations(camera),
        "raftBay": ":".join(rafts),
        "ccdSlot": ":".join(sensors),
        "rebSerialNumber": each("1903{:04d}"),
        "rebLSSTName": each("LCA-13574-{:03d}"),
        "ccdLSSTName": each("E2V-CCD250-{:03d}-Dev"),
        "raftLSSTName": each("LCA-11021_RTM-{:03d}"),
        "ccdManSerNum": each("150{:02d}-05-02"),
        "sequencerKey": "FP_E2V_2s_l3cp_v29.seq",
        "sequencerChecksum": "1684209953",
    }


def header(shot: Shot, group: str | None) -> str:
    """Return the text of the header file; without a group, its GROUPID is the exposure id."""
    cards = {"OBSID": shot.obs_id, "GROUPID": group or str(shot.id), "IMGTYPE": _image_type(shot)}
    return "PRIMARY:\n" + "".join(f"- {{keyword: {key}, value: '{value}'}}\n" for key, value in cards.items())


def _told(shot: Shot, group: str | None) -> dict[str, str]:
    grouped = {} if group is None else {"groupId": group}
    kind = _image_type(shot)
    return {"imageType": kind, "testType": kind} | grouped | {"program": shot.program, "reason": shot.reason}


def _locations(camera: Camera) -> str:
    return ":".join(f"{raft}{sensor}" for raft, sensor in camera.detectors)


def _escape(text: str) -> str:
    return text.replace(":", "\\:")


def _image_type(shot: Shot) -> str:
    return {"science": "OBJECT"}.get(shot.kind, shot.kind.upper())
