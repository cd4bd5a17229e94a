-- The schedulers: the targets they asked for and were told were observed, their software, and the blocks they work on.
-- Instants are UTC. Identifiers have the send time as the scheduler has it, TAI.

-- A scheduler begins when it starts or publishes its dependencies (when it is configured): it counts targets from then.
CREATE TABLE scheduler_begin AS
WITH
    dependency AS (SELECT DISTINCT sal_index AS scheduler, sent AS begun, sent_seconds FROM scheduler_dependency),
    started AS (
        SELECT sal_index AS scheduler, sent AS begun, sent_seconds
        FROM software_versions WHERE measurement = 'lsst.sal.Scheduler.logevent_softwareVersions'
    )
SELECT DISTINCT scheduler, begun, tai_text(sent_seconds) AS stamp FROM dependency
UNION SELECT scheduler, begun, tai_text(sent_seconds) FROM started;

-- Dependencies ------------------------------------------------------------------------------------------------------

-- Each field is a version; the scheduler library itself is written name=version.
CREATE VIEW scheduler_software AS
WITH
    told AS (
        SELECT DISTINCT sal_index AS scheduler, sent, field, trim(version) AS version
        FROM scheduler_dependency, partition_window
        WHERE NOT starts_with(field, 'private_') AND field <> 'version' AND trim(version) <> ''
            AND coalesce(sent < ends, true)
    ),
    named AS (
        SELECT
            'Scheduler:' || scheduler AS csc,
            sent,
            CASE WHEN contains(version, '=') THEN trim(split_part(version, '=', 1)) ELSE field END AS name,
            trim(substr(version, strpos(version, '=') + 1)) AS version
        FROM told
    )
SELECT DISTINCT r.csc, r.stamp, n.name, n.version
FROM named AS n
ASOF JOIN csc_run AS r ON r.csc = n.csc AND r.started <= n.sent
SEMI JOIN csc_run_v AS told ON told.csc = r.csc AND told.stamp = r.stamp;

-- Targets -----------------------------------------------------------------------------------------------------------

-- A number of a target is unique from one begin of its scheduler to the next.
CREATE TABLE target AS
WITH
    told AS (
        SELECT t.sal_index AS scheduler, b.stamp AS scheduler_begin, t.* EXCLUDE (sal_index)
        FROM scheduler_target AS t
        ASOF JOIN scheduler_begin AS b ON b.scheduler = t.sal_index AND b.begun <= t.sent
        QUALIFY row_number() OVER (PARTITION BY t.sal_index, b.stamp, t.target_id ORDER BY t.sent) = 1
    )
SELECT
    t.*,
    'Scheduler:' || t.scheduler AS csc,
    coalesce(t.sent >= w.starts AND t.sent < w.ends, true) AS own
FROM told AS t, partition_window AS w;

-- The earliest report of a target; a scheduler that was restarted since has forgotten it.
CREATE VIEW target_observed AS
SELECT b.scheduler, b.stamp AS scheduler_begin, o.target_id, min(o.begun) AS observed
FROM scheduler_observation AS o
ASOF JOIN scheduler_begin AS b ON b.scheduler = o.sal_index AND b.begun <= o.sent
GROUP BY ALL;

CREATE VIEW target_v AS
SELECT
    t.* EXCLUDE (snapshot, band, name, note),
    nullif(t.band, '') AS band,
    nullif(t.name, '') AS name,
    nullif(t.note, '') AS note,
    nullif(t.snapshot, '') AS snapshot,
    r.stamp AS run,
    CASE WHEN r.stamp IS NULL THEN t.csc END AS scheduler_without_run,
    o.observed,
    CASE WHEN o.observed IS NULL THEN 'NoObservation' END AS gap
FROM target AS t
ASOF LEFT JOIN csc_run AS r ON r.csc = t.csc AND r.started <= t.sent
LEFT JOIN target_observed AS o USING (scheduler, scheduler_begin, target_id)
WHERE t.own;

-- The scheduler's state when it chose a target, in the Large File Annex.
CREATE VIEW scheduler_snapshot AS
SELECT t.snapshot AS url, max(lower(nullif(f.md5, ''))) AS md5
FROM target_v AS t
LEFT JOIN large_file_object AS f ON f.url = t.snapshot
WHERE t.snapshot IS NOT NULL
GROUP BY t.snapshot;

-- A target names its first script by an index that a restarted queue gives out again: it is the next run of that index
-- that this scheduler queued, unless the queue or a later target of the same index comes first.
CREATE VIEW script_target AS
WITH
    wanted AS (
        SELECT *, lead(sent) OVER (PARTITION BY scheduler, first_script ORDER BY sent) AS next FROM target
    ),
    queue_restart AS (
        SELECT csc, started FROM csc_start WHERE starts_with(csc, 'ScriptQueue:')
    )
SELECT r.queue, r.process_start_tai, r.sal_index, w.scheduler, w.scheduler_begin, w.target_id
FROM wanted AS w
JOIN script_run AS r
    ON r.sal_index = w.first_script AND r.queue = w.scheduler AND r.requester = w.csc
    AND r.process_start >= w.sent - clocks_apart()
    AND coalesce(r.process_start < w.next - clocks_apart(), true)
WHERE NOT EXISTS (
    SELECT 1 FROM queue_restart AS q
    WHERE q.csc = 'ScriptQueue:' || r.queue AND q.started > w.sent + clocks_apart() AND q.started <= r.process_start
)
QUALIFY row_number() OVER (PARTITION BY w.scheduler, w.scheduler_begin, w.target_id ORDER BY r.process_start) = 1
    AND r.own;

-- Blocks ------------------------------------------------------------------------------------------------------------

CREATE TABLE block_definition AS
SELECT DISTINCT block, 'Scheduler:' || sal_index AS scheduler, sent, hash, definition, sha256(definition) AS digest
FROM scheduler_block_status WHERE block <> '' AND definition <> '';

-- The definition that held when a script of the block was started, which the same scheduler had queued.
CREATE TABLE script_definition AS
SELECT r.queue, r.process_start_tai, r.sal_index, d.block, d.hash, d.definition, d.digest
FROM script_run AS r
ASOF JOIN block_definition AS d
    ON d.scheduler = r.requester AND d.block = r.block AND d.sent <= r.process_start
WHERE r.own;

CREATE VIEW block_definition_v AS
SELECT
    d.block,
    d.digest,
    left(d.digest, 12) AS name,
    d.definition,
    list_sort(list(DISTINCT d.hash)) AS hashes
FROM block_definition AS d, partition_window AS w
WHERE coalesce(d.sent >= w.starts AND d.sent < w.ends, true)
    OR d.digest IN (SELECT digest FROM script_definition)
GROUP BY ALL;
