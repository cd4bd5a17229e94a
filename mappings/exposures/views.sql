-- What the systems say of the same exposures: what is to be added, what they disagree in, which of them lacks one.

-- Which properties are compared: the Butler says them on the exposure, the others on their records of it. Times that
-- are no further apart than the tolerance, in seconds, are the same.
CREATE TABLE compared AS
SELECT *, split_part(property, ':', 2) AS name
FROM (VALUES
    ('pg:observationType', 'pg:observationType', NULL),
    ('pg:observationReason', 'pg:observationReason', NULL),
    ('pg:scienceProgram', 'pg:scienceProgram', NULL),
    ('pg:targetName', 'pg:targetName', NULL),
    ('pg:physicalFilter', 'pg:physicalFilter', NULL),
    ('pg:group', 'pg:group', NULL),
    ('prov:startedAtTime', 'pg:obsStart', 1.0),
    ('prov:endedAtTime', 'pg:obsEnd', 1.0)
) AS list(property, of_record, tolerance);

-- Types and reasons are written in either case, and an object is what the Butler calls science: as in Rubin's header
-- translators.
CREATE MACRO normal(property, value) AS
    CASE
        WHEN property = 'pg:observationType' AND lower(trim(value)) IN ('object', 'skyexp') THEN 'science'
        WHEN property IN ('pg:observationType', 'pg:observationReason') THEN lower(trim(value))
        ELSE trim(value)
    END;

-- What is said --------------------------------------------------------------------------------------------------------

-- exposure/LSSTCam/2025110100010, or a record of it: exposure/LSSTCam/2025110100010#record-camera.
CREATE TABLE exposure_statement AS
WITH parts AS (
    SELECT
        *,
        regexp_extract(subject, '^exposure/([^/]+)/(\d+)(?:#record-(.+))?$', ['instrument', 'id', 'record']) AS part
    FROM statement
)
SELECT
    url_decode(part.instrument) AS instrument,
    CAST(part.id AS BIGINT) AS exposure,
    nullif(part.record, '') AS record,
    source,
    property,
    value
FROM parts
WHERE part.id <> '';

-- The Butler speaks on the exposure itself, every other system on its record.
CREATE VIEW said AS
SELECT instrument, exposure, coalesce(record, 'butler') AS system, property, value
FROM exposure_statement
WHERE record IS NOT NULL OR source = 'butler';

CREATE TABLE claim AS
SELECT DISTINCT
    s.instrument,
    s.exposure,
    s.system,
    c.property,
    c.name,
    c.tolerance,
    s.value,
    normal(c.property, s.value) AS normal,
    CASE WHEN c.tolerance IS NOT NULL THEN TRY_CAST(s.value AS TIMESTAMP) END AS instant
FROM said AS s
JOIN compared AS c ON s.property = CASE s.system WHEN 'butler' THEN c.property ELSE c.of_record END
WHERE trim(s.value) <> '';

-- What the Butler does not say ----------------------------------------------------------------------------------------

-- The camera is asked before ConsDB, and that before any other.
CREATE VIEW added AS
SELECT *
FROM claim ANTI JOIN (FROM claim WHERE system = 'butler') AS butler USING (instrument, exposure, name)
QUALIFY row_number() OVER (
    PARTITION BY instrument, exposure, name
    ORDER BY coalesce(list_position(['camera', 'consdb'], system), 3), system, normal
) = 1;

CREATE VIEW exposure_v AS
SELECT
    instrument,
    exposure,
    max(normal) FILTER (name = 'observationType') AS observation_type,
    max(normal) FILTER (name = 'observationReason') AS observation_reason,
    max(normal) FILTER (name = 'scienceProgram') AS science_program,
    max(normal) FILTER (name = 'targetName') AS target_name,
    max(normal) FILTER (name = 'physicalFilter') AS physical_filter,
    max(normal) FILTER (name = 'group') AS group_name,
    max(instant) FILTER (name = 'startedAtTime') AS started,
    max(instant) FILTER (name = 'endedAtTime') AS ended
FROM added
GROUP BY instrument, exposure;

-- Nobody but a record tells of these. Numbers of controllers other than O begin a thousand to five thousand years later.
CREATE VIEW only_recorded AS
SELECT
    instrument,
    exposure,
    20000000 + exposure // 100000 % 10000000 AS day_obs,
    exposure % 100000 AS seq_num
FROM exposure_statement
GROUP BY instrument, exposure
HAVING bool_or(record IS NOT NULL) AND NOT bool_or(record IS NULL AND value = 'pg:Exposure');

-- What they disagree in -----------------------------------------------------------------------------------------------

CREATE TABLE disagreement AS
SELECT
    instrument,
    exposure,
    name,
    replace(replace(property, 'pg:', 'https://w3id.org/progenitor/ns#'), 'prov:', 'http://www.w3.org/ns/prov#') AS iri
FROM claim
GROUP BY instrument, exposure, name, property, tolerance
HAVING CASE
    WHEN tolerance IS NULL THEN count(DISTINCT normal) > 1
    ELSE epoch(max(instant)) - epoch(min(instant)) > tolerance
END;

CREATE VIEW disputed_claim AS
SELECT
    instrument,
    exposure,
    name,
    c.system,
    c.instant,
    CASE WHEN c.tolerance IS NULL THEN c.value END AS text,
    string_agg(c.value, ', ' ORDER BY c.value) OVER (PARTITION BY instrument, exposure, name, c.system) AS spoken
FROM claim AS c SEMI JOIN disagreement USING (instrument, exposure, name);

-- Which of them lacks it ----------------------------------------------------------------------------------------------

-- Where a system tells of other exposures of the night and the instrument: else it may not have been asked.
CREATE VIEW missing AS
WITH
    known AS (SELECT DISTINCT instrument, exposure, system FROM said),
    asked AS (SELECT DISTINCT instrument, system FROM known WHERE system IN ('butler', 'consdb')),
    expected AS (SELECT DISTINCT instrument, exposure, asked.system FROM known JOIN asked USING (instrument))
SELECT instrument, exposure, CASE system WHEN 'butler' THEN 'NotInButler' ELSE 'NotInConsDB' END AS gap
FROM expected ANTI JOIN known USING (instrument, exposure, system);
