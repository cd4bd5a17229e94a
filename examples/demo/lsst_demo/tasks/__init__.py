"""PipelineTasks named and connected like those of Rubin's calibration and data release pipelines."""
