-- The components of the control system (CSCs): with which software and configuration each ran from when to when, which
-- of that was in force for an exposure, their faults, and the script runs that a fault ended.
-- A row of the tables below says the same whichever night reads it: it is of one message, or of two that follow each
-- other. Instants are UTC. Identifiers have the send time as the component has it, TAI.

-- Components -------------------------------------------------------------------------------------------------------

-- MTMount, or Scheduler:1 where there are several; before 2022 the index is in the sender's identity only.
CREATE MACRO csc_of(measurement, sal_index, identity) AS
    CASE
        WHEN sal_index > 0 THEN split_part(measurement, '.', 3) || ':' || sal_index
        WHEN starts_with(identity, split_part(measurement, '.', 3) || ':') THEN identity
        ELSE split_part(measurement, '.', 3)
    END;

-- A script publishes some of these topics too; it is no component, and script runs are told of by the script queue.
CREATE MACRO is_csc(measurement) AS split_part(measurement, '.', 3) <> 'Script';

-- Which components belong to one telescope; all others (weather, data transfer ...) serve both.
CREATE VIEW telescope_component AS
SELECT * FROM (VALUES
    ('MT.*', 'Simonyi'),
    ('CC.*', 'Simonyi'),
    ('(ScriptQueue|Scheduler):1', 'Simonyi'),
    ('AT.*', 'auxiliary'),
    ('(ScriptQueue|Scheduler):2', 'auxiliary')
) AS listed(pattern, telescope);

CREATE MACRO telescope_of(instrument) AS
    CASE WHEN instrument IN ('LSSTCam', 'LSSTComCam') THEN 'Simonyi' WHEN instrument = 'LATISS' THEN 'auxiliary' END;

-- What each component said ------------------------------------------------------------------------------------------

CREATE TABLE csc_start AS
SELECT
    csc_of(measurement, sal_index, identity) AS csc,
    tai_text(sent_seconds) AS stamp,
    sent AS started,
    nullif(version, '') AS version,
    nullif(xml_version, '') AS xml_version,
    nullif(sal_version, '') AS sal_version,
    subsystem_versions
FROM software_versions WHERE is_csc(measurement)
QUALIFY row_number() OVER (PARTITION BY csc, stamp ORDER BY number, version, xml_version, sal_version) = 1;

CREATE TABLE csc_configuration AS
SELECT
    csc_of(measurement, sal_index, identity) AS csc,
    tai_text(sent_seconds) AS stamp,
    sent AS applied,
    list_filter(list_transform(string_split(files, ','), lambda file: trim(file)), lambda file: file <> '') AS files,
    nullif(version, '') AS version,
    nullif(url, '') AS url,
    nullif(schema_version, '') AS schema_version,
    nullif(other_info, '') AS other_info
FROM configuration_applied WHERE is_csc(measurement)
QUALIFY row_number() OVER (PARTITION BY csc, stamp ORDER BY number, version, url, files) = 1;

CREATE TABLE csc_state AS
SELECT
    csc_of(measurement, sal_index, identity) AS csc,
    sent,
    state = 3 AS in_fault,
    state = 4 AS offline
FROM summary_state WHERE is_csc(measurement)
QUALIFY row_number() OVER (PARTITION BY csc, sent ORDER BY number DESC) = 1;

CREATE TABLE csc_simulation AS
SELECT csc_of(measurement, sal_index, identity) AS csc, sent, mode
FROM simulation_mode WHERE is_csc(measurement)
QUALIFY row_number() OVER (PARTITION BY csc, sent ORDER BY number DESC) = 1;

CREATE TABLE csc_error AS
SELECT
    csc_of(measurement, sal_index, identity) AS csc,
    tai_text(sent_seconds) AS stamp,
    sent,
    code,
    nullif(report, '') AS report,
    nullif(traceback, '') AS traceback
FROM error_code WHERE is_csc(measurement)
QUALIFY row_number() OVER (PARTITION BY csc, stamp ORDER BY number DESC) = 1;

-- Runs of components ------------------------------------------------------------------------------------------------

-- A run is from one report of versions to the next; where the component was OFFLINE by then, until it went there.
-- That an OFFLINE was the end is known only when the component starts again: so the night of the next start says so.
CREATE TABLE csc_run AS
WITH
    followed AS (SELECT *, lead(started) OVER (PARTITION BY csc ORDER BY started, stamp) AS next FROM csc_start)
SELECT
    f.*,
    CASE WHEN s.offline AND s.sent > f.started THEN s.sent ELSE f.next END AS ended
FROM followed AS f
ASOF LEFT JOIN csc_state AS s ON s.csc = f.csc AND s.sent < f.next;

-- What held at some time of the night is described, from its own message alone.
CREATE VIEW csc_run_v AS
SELECT r.csc, r.stamp, r.started, concat_ws(' ', r.csc, r.version, 'from', r.stamp, 'TAI') AS label
FROM csc_run AS r, partition_window AS w
WHERE coalesce(r.started < w.ends, true) AND coalesce(r.next >= w.starts, true);

CREATE VIEW csc_run_end AS
SELECT r.csc, r.stamp, r.ended
FROM csc_run AS r, partition_window AS w
WHERE r.next IS NOT NULL AND coalesce(r.next >= w.starts AND r.next < w.ends, true);

-- A component's own software has the component's name: no record says what its package is called.
CREATE VIEW csc_software AS
WITH
    told AS (SELECT * FROM csc_start SEMI JOIN csc_run_v USING (csc, stamp)),
    pair AS (SELECT csc, stamp, unnest(string_split(subsystem_versions, ',')) AS text FROM told),
    named AS (
        SELECT csc, stamp, split_part(csc, ':', 1) AS name, version FROM told
        UNION ALL SELECT csc, stamp, 'ts_xml', xml_version FROM told
        UNION ALL SELECT csc, stamp, 'ts_sal', sal_version FROM told
        UNION ALL
        SELECT csc, stamp, trim(split_part(text, '=', 1)), trim(substr(text, strpos(text, '=') + 1))
        FROM pair WHERE contains(text, '=')
    )
SELECT DISTINCT csc, stamp, name, version FROM named WHERE name <> '' AND version <> '';

-- Configurations ----------------------------------------------------------------------------------------------------

-- A configuration is what a run made of the files that its operator named.
CREATE VIEW csc_configuration_v AS
WITH
    followed AS (
        SELECT *, lead(applied) OVER (PARTITION BY csc ORDER BY applied, stamp) AS next FROM csc_configuration
    ),
    held AS (
        SELECT c.* FROM followed AS c, partition_window AS w
        WHERE coalesce(c.applied < w.ends, true) AND coalesce(c.next >= w.starts, true)
    )
SELECT
    h.csc,
    h.stamp,
    h.applied,
    h.files,
    h.version,
    h.url,
    h.schema_version,
    h.other_info,
    concat_ws(' ', h.csc, h.version, nullif(array_to_string(h.files, ', '), '')) AS label,
    nullif(regexp_extract(h.url, '/(ts_config_[a-z0-9_]+)(/|$)', 1), '') AS repository,
    r.stamp AS run
FROM held AS h
ASOF LEFT JOIN csc_run AS r ON r.csc = h.csc AND r.started <= h.applied;

CREATE VIEW configuration_repository AS
SELECT DISTINCT repository, version FROM csc_configuration_v WHERE repository IS NOT NULL AND version IS NOT NULL;

-- What was in force for an exposure ---------------------------------------------------------------------------------

CREATE TABLE telescope_csc AS
WITH
    known AS (SELECT csc FROM csc_start UNION SELECT csc FROM csc_configuration),
    telescope AS (SELECT DISTINCT telescope FROM telescope_component)
SELECT t.telescope, k.csc
FROM telescope AS t, known AS k
WHERE NOT EXISTS (
    SELECT 1 FROM telescope_component AS c WHERE regexp_full_match(k.csc, c.pattern) AND c.telescope <> t.telescope
);

-- An exposure sees what the last change before it left.
CREATE TABLE exposure_change AS
WITH
    change AS (
        SELECT csc, started AS changed FROM csc_start
        UNION SELECT csc, applied FROM csc_configuration
        UNION SELECT csc, sent FROM csc_state
        UNION SELECT csc, sent FROM csc_simulation
    ),
    telescope_change AS (SELECT DISTINCT telescope, changed FROM change JOIN telescope_csc USING (csc)),
    exposed AS (SELECT instrument, exposure, begun, telescope_of(instrument) AS telescope FROM image WHERE own)
SELECT e.instrument, e.exposure, e.telescope, c.changed
FROM exposed AS e
ASOF JOIN telescope_change AS c ON c.telescope = e.telescope AND c.changed <= e.begun;

-- Of each component the last word before: nothing of one that is OFFLINE.
CREATE TABLE csc_in_force AS
WITH
    moment AS (SELECT DISTINCT telescope, changed FROM exposure_change),
    component AS (SELECT telescope, changed, csc FROM moment JOIN telescope_csc USING (telescope))
SELECT
    c.telescope,
    c.changed,
    c.csc,
    r.stamp AS run,
    f.stamp AS configuration,
    nullif(m.mode, 0) AS simulation_mode
FROM component AS c
ASOF LEFT JOIN csc_start AS r ON r.csc = c.csc AND r.started <= c.changed
ASOF LEFT JOIN csc_configuration AS f ON f.csc = c.csc AND f.applied <= c.changed
ASOF LEFT JOIN csc_simulation AS m ON m.csc = c.csc AND m.sent <= c.changed
ASOF LEFT JOIN csc_state AS s ON s.csc = c.csc AND s.sent <= c.changed
WHERE (r.stamp IS NOT NULL OR f.stamp IS NOT NULL) AND coalesce(NOT s.offline, true);

CREATE TABLE observatory_moment AS
WITH
    line AS (
        SELECT telescope, changed, 'run ' || csc || '/' || run AS text FROM csc_in_force WHERE run IS NOT NULL
        UNION ALL
        SELECT telescope, changed, 'configuration ' || csc || '/' || configuration
        FROM csc_in_force WHERE configuration IS NOT NULL
        UNION ALL
        SELECT telescope, changed, 'simulation ' || csc || '=' || simulation_mode
        FROM csc_in_force WHERE simulation_mode IS NOT NULL
    )
SELECT telescope, changed, sha256(string_agg(text, chr(10) ORDER BY text)) AS state
FROM line GROUP BY telescope, changed;

CREATE VIEW exposure_state AS
SELECT instrument, exposure, state FROM exposure_change JOIN observatory_moment USING (telescope, changed);

CREATE VIEW state_member AS
SELECT DISTINCT state, csc, run, configuration, csc || '=' || simulation_mode AS simulated
FROM observatory_moment JOIN csc_in_force USING (telescope, changed);

CREATE VIEW observatory_state AS
SELECT
    state,
    'control system as of ' || max(greatest(run, configuration)) || ' TAI, components: ' || count(run)
        || ', configurations: ' || count(configuration) AS label
FROM state_member GROUP BY state;

-- Faults ------------------------------------------------------------------------------------------------------------

-- A fault lasts until its error is cleared, or the component leaves the state FAULT.
CREATE TABLE csc_fault AS
WITH
    begun AS (SELECT * FROM csc_error WHERE code <> 0),
    cleared AS (
        SELECT csc, sent FROM csc_error WHERE code = 0
        UNION
        SELECT csc, sent
        FROM (SELECT *, lag(in_fault) OVER (PARTITION BY csc ORDER BY sent) AS was_in_fault FROM csc_state)
        WHERE was_in_fault AND NOT in_fault
    )
SELECT b.*, c.sent AS ended
FROM begun AS b
ASOF LEFT JOIN cleared AS c ON c.csc = b.csc AND c.sent > b.sent;

CREATE VIEW csc_fault_v AS
SELECT
    f.csc,
    f.stamp,
    f.sent,
    f.code,
    f.report,
    f.traceback,
    f.csc || ', fault ' || f.code AS label,
    concat_ws(': ', f.csc || ', error ' || f.code, f.report) AS report_label,
    r.stamp AS run
FROM csc_fault AS f
CROSS JOIN partition_window AS w
ASOF LEFT JOIN csc_run AS r ON r.csc = f.csc AND r.started <= f.sent
WHERE coalesce(f.sent < w.ends, true) AND coalesce(f.ended >= w.starts, true);

CREATE VIEW csc_fault_end AS
SELECT f.csc, f.stamp, f.ended
FROM csc_fault AS f, partition_window AS w
WHERE f.ended IS NOT NULL AND coalesce(f.ended >= w.starts AND f.ended < w.ends, true);

-- Every component that something was told of.
CREATE VIEW csc AS
SELECT csc FROM csc_run_v
UNION SELECT csc FROM csc_configuration_v
UNION SELECT csc FROM csc_fault_v;

-- Script runs that a fault ended --------------------------------------------------------------------------------------

-- A script that failed says why. Where its reason names a component and FAULT, and that component went there while the
-- script ran, the last such fault ended it.
CREATE VIEW ended_by_fault AS
SELECT r.queue, r.process_start_tai, r.sal_index, f.csc, f.stamp
FROM script_run AS r
JOIN csc_fault AS f
    ON f.sent BETWEEN r.run_start - clocks_apart() AND r.process_end + clocks_apart()
    AND regexp_matches(r.reason, '\b' || split_part(f.csc, ':', 1) || '\b')
WHERE r.own AND r.script_state = 'FAILED' AND regexp_matches(r.reason, '\bFAULT\b')
QUALIFY row_number() OVER (
    PARTITION BY r.queue, r.process_start_tai, r.sal_index ORDER BY f.sent DESC, f.csc, f.stamp DESC
) = 1;
