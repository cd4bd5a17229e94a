-- Lines of machine logs: when they were written, what they belong to, and which exposures they name.

-- Times in lines -----------------------------------------------------------------------------------------------------

-- A time that a line begins with, after a bracket or a level at most: elsewhere in a line it may be that of anything.
CREATE MACRO written_time(line) AS regexp_extract(
    line,
    '^[\[(]?(?:(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL)[:\]]? +[\[(]?)?'
        || '(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?) ?(Z|UTC|[+-]\d{2}:?\d{2})?(?:\W|$)',
    ['day', 'clock', 'zone']
);

-- The instant of a local time at an offset such as -03:00 or +0000.
CREATE MACRO at_offset(clock, zone) AS clock - to_seconds(
    (CASE left(zone, 1) WHEN '-' THEN -1 ELSE 1 END)
        * (CAST(substr(zone, 2, 2) AS BIGINT) * 3600 + CAST(right(zone, 2) AS BIGINT) * 60)
);

-- The instant of a local time in a zone of the IANA database; NULL where the clock showed it twice, or never.
CREATE MACRO in_zone(clock, zone) AS list_filter(
    list_transform([-1, 0, 1], lambda hours: timezone('UTC', timezone(zone, clock)) + to_hours(hours)),
    lambda utc: timezone(zone, timezone('UTC', utc)) = clock
);

CREATE MACRO only_one(instants) AS CASE WHEN len(instants) = 1 THEN instants[1] END;

-- Lines --------------------------------------------------------------------------------------------------------------

CREATE VIEW entry AS
WITH read AS (SELECT * FROM citing_line UNION SELECT * FROM error_line)
SELECT
    read.received,
    read.line,
    json_extract_string(labels, '$.cluster') AS cluster,
    json_extract_string(labels, '$.app') AS app,
    coalesce(
        json_extract_string(labels, '$.severity'),
        json_extract_string(labels, '$.level'),
        json_extract_string(labels, '$.detected_level')
    ) AS severity,
    list_sort(list_transform(
        json_keys(labels), lambda name: name || '=' || json_extract_string(labels, '$."' || name || '"')
    )) AS labels
FROM read, partition_window AS night
WHERE night.starts IS NULL OR (read.received >= night.starts AND read.received < night.ends);

CREATE VIEW log_line AS
WITH known AS (
    SELECT
        *,
        sha256(array_to_string(labels, chr(10))) AS stream,
        sha256(line) AS sha256,
        written_time(line) AS written
    FROM entry
),
timed AS (
    SELECT
        known.*,
        TRY_CAST(written.day || ' ' || replace(written.clock, ',', '.') AS TIMESTAMP) AS clock,
        -- What the line says of its zone goes before what is declared.
        CASE WHEN written.zone IN ('Z', 'UTC') THEN '+00:00' ELSE nullif(written.zone, '') END AS zone,
        log_zone.zone AS declared_zone,
        only_one(in_zone(clock, log_zone.zone)) AS declared_time
    FROM known LEFT JOIN log_zone ON known.app = log_zone.app
)
SELECT
    sha256(concat_ws(chr(10), epoch_ns(received), stream, line)) AS digest,
    concat_ws(' ', app, severity, strftime(CAST(received AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%gZ')) AS label,
    received,
    line,
    severity,
    stream,
    sha256,
    coalesce(at_offset(clock, zone), declared_time) AS line_time,
    CASE
        WHEN clock IS NULL OR zone IS NOT NULL THEN NULL
        WHEN declared_zone IS NULL THEN 'NoTimeZone'
        WHEN declared_time IS NULL THEN 'AmbiguousTime'
    END AS gap
FROM timed;

CREATE VIEW log_stream AS
SELECT DISTINCT
    sha256(array_to_string(entry.labels, chr(10))) AS stream,
    concat_ws(' ', 'log of', entry.app, 'at', coalesce(log_cluster.site, entry.cluster)) AS label,
    entry.labels,
    log_cluster.site,
    log_cluster.retention_days,
    CASE WHEN log_cluster.retention_days IS NULL THEN 'NoRetention' END AS gap
FROM entry LEFT JOIN log_cluster USING (cluster);

-- Exposures that a line names. What looks like a name and is longer than one is none.
CREATE VIEW cited_exposure AS
WITH word AS (
    SELECT digest, unnest(regexp_extract_all(line, '[A-Za-z0-9]+_[A-Z]_[0-9]+_[0-9]+')) AS obs_id FROM log_line
)
SELECT DISTINCT digest, instrument_of(obs_id) AS instrument, exposure_id(obs_id) AS exposure
FROM word WHERE exposure_id(obs_id) IS NOT NULL;
