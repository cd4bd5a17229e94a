-- Headers of exposures, and what else components put into the Large File Annex.

-- What is of an image is of the night of the image, by its name where its records did not come; all else is of that
-- in which it was put there.
CREATE VIEW large_file_object_v AS
WITH told AS (
    SELECT
        split_part(measurement, '.', 3) || coalesce(':' || nullif(sal_index, 0), '') AS csc,
        * EXCLUDE (time, measurement, sal_index)
    FROM large_file_object
    -- The scheduler's snapshots are the part `scheduler`'s.
    WHERE url <> '' AND split_part(measurement, '.', 3) <> 'Scheduler'
    -- An object that is replaced keeps its URL: the last word holds.
    QUALIFY row_number() OVER (PARTITION BY url ORDER BY sent DESC, seq_num DESC, origin DESC, measurement) = 1
)
SELECT
    o.url,
    o.csc,
    o.sent,
    o.size,
    lower(nullif(o.md5, '')) AS md5,
    nullif(o.mime_type, '') AS mime_type,
    nullif(o.id, '') AS id,
    coalesce(nullif(o.generator, ''), o.csc) AS generator,
    regexp_matches(o.csc, '^(MT|CC|AT)HeaderService') AS is_header,
    instrument_of(o.id) AS instrument,
    exposure_id(o.id) AS exposure
FROM told AS o
CROSS JOIN partition_window AS w
LEFT JOIN image AS i ON i.obs_id = o.id
WHERE coalesce(i.own, day_obs_of(o.id) = w.day_obs, o.sent >= w.starts AND o.sent < w.ends, true);

CREATE VIEW header AS
SELECT url, id, instrument, exposure FROM large_file_object_v WHERE is_header AND exposure IS NOT NULL;

-- The camera's own word of it, that its integration began, did not come: nothing tells what took it.
CREATE VIEW untold_exposure AS
SELECT DISTINCT instrument, exposure, id FROM header WHERE id NOT IN (SELECT obs_id FROM image);

CREATE VIEW other_object AS
SELECT url, csc, generator || coalesce(' ' || id, '') AS label, mime_type, instrument, exposure
FROM large_file_object_v
WHERE NOT (is_header AND exposure IS NOT NULL);

CREATE VIEW object_writer AS SELECT DISTINCT csc FROM other_object;
