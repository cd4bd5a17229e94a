"""Writes a Butler repository's metrics as Sasquatch has them: ``python examples/demo/build_metrics.py REPO FOLDER``.

The folder gets ``lsst.dm.lp.gz``, line protocol of the database ``lsst.dm``; `night.metrics` says what is in it.
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path
from urllib.error import URLError

from night.influxdb import RefusedError, write_points
from night.metrics import DATABASE, SENT, metric_lines, read_bundles, write_file


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository", metavar="REPO", help="a Butler repository of the demo")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the file will be")
    parser.add_argument(
        "--sent",
        type=datetime.fromisoformat,
        default=SENT,
        metavar="TIME",
        help="when they were sent, ISO 8601 with a zone (%(default)s)",
    )
    parser.add_argument("--influxdb", metavar="URL", help="write them into this InfluxDB 1.x, too")
    return parser.parse_args()


def main() -> int:
    """Run the command line."""
    options = _options()
    if options.sent.tzinfo is None:
        print("build_metrics: --sent needs a zone, for example 2025-11-02T11:00:00Z", file=sys.stderr)
        return 2
    try:
        file = write_file(options.folder, options.repository, options.sent)
        if options.influxdb:
            points = metric_lines(read_bundles(options.repository), options.sent)
            print(f"{write_points(options.influxdb, DATABASE, points)} points written to InfluxDB")
    except (RefusedError, URLError, OSError) as error:
        print(f"build_metrics: {error}", file=sys.stderr)
        return 2
    print(f"{file} is complete")
    return 0


if __name__ == "__main__":
    sys.exit(main())
