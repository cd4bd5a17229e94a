-- The ingest at the summit: how many detectors of an image, and each that failed.

-- A detector may be tried again: the last word holds. What is of an image is of the night of the image, by its name
-- where its records did not come.
CREATE TABLE ingested_detector AS
WITH told AS (
    SELECT split_part(measurement, '.', 3) AS csc, * EXCLUDE (time, measurement) FROM image_in_oods
    WHERE exposure_id(obs_id) IS NOT NULL
    QUALIFY row_number() OVER (
        PARTITION BY obs_id, raft, sensor ORDER BY sent DESC, seq_num DESC, origin DESC, measurement
    ) = 1
)
SELECT
    d.csc,
    d.obs_id,
    instrument_of(d.obs_id) AS instrument,
    exposure_id(d.obs_id) AS exposure,
    d.raft || '_' || d.sensor AS detector,
    d.status,
    nullif(d.description, '') AS description,
    d.sent
FROM told AS d
CROSS JOIN partition_window AS w
LEFT JOIN image AS i USING (obs_id)
WHERE coalesce(i.own, day_obs_of(d.obs_id) = w.day_obs, true);

CREATE VIEW image_ingest AS
SELECT instrument, exposure, obs_id, count(*) FILTER (status = 0) AS detectors
FROM ingested_detector GROUP BY instrument, exposure, obs_id;

-- The camera's own word of it, that its integration began, did not come: nothing tells what took it.
CREATE VIEW untold_raw AS
SELECT instrument, exposure, obs_id FROM image_ingest WHERE obs_id NOT IN (SELECT obs_id FROM image);

CREATE VIEW ingest_failure AS SELECT * FROM ingested_detector WHERE status <> 0;

CREATE VIEW failing_ingest AS SELECT DISTINCT csc FROM ingest_failure;
