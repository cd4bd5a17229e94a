"""A small survey with an LSSTCam-like instrument and DRP-like pipelines, run for real to make a Butler repository."""
