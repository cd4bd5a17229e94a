-- Script runs and what was queued. A script's messages have its index alone, which a restarted queue gives out again.

-- The clocks of processes differ by less than this: a message may seem older than the process that sent it.
CREATE MACRO clocks_apart() AS INTERVAL 15 SECONDS;

CREATE MACRO repository_of(path, is_standard) AS CASE
    WHEN NOT is_standard THEN 'ts_externalscripts'
    WHEN is_standard AND path LIKE 'maintel/%' THEN 'ts_maintel_standardscripts'
    WHEN is_standard AND path LIKE 'auxtel/%' THEN 'ts_auxtel_standardscripts'
    WHEN is_standard THEN 'ts_standardscripts'
END;

-- BL365_O_20251101_000001 is an execution of BLOCK-365, BT417_O_20251101_000001 of BLOCK-T417.
CREATE MACRO block_of(uid) AS
    nullif(regexp_replace(uid, '^B(?:L|(T))(\d+)_[A-Z]_\d{8}_\d+$', 'BLOCK-\1\2'), uid);

-- Enumerations of ts_xml: ScriptQueue.ProcessState, Script.ScriptState.
CREATE MACRO process_state_name(code) AS
    ['UNKNOWN', 'LOADING', 'CONFIGURED', 'RUNNING', 'DONE', 'LOADFAILED', 'CONFIGURE_FAILED', 'TERMINATED'][code + 1];

CREATE MACRO script_state_name(code) AS [
    'UNKNOWN', 'UNCONFIGURED', 'CONFIGURED', 'RUNNING', 'PAUSED', 'ENDING', 'STOPPING', 'FAILING', 'DONE', 'STOPPED',
    'FAILED', 'CONFIGURE_FAILED'
][code + 1];

-- Requests ------------------------------------------------------------------------------------------------------------

-- Before May 2022 the queue's index was ScriptQueueID, and salIndex the script's.
CREATE TABLE queue_request AS
SELECT DISTINCT
    coalesce(scriptqueue_id, sal_index) AS queue,
    tai_text(sent_seconds) AS sent_tai,
    sent,
    number,
    nullif(identity, '') AS identity,
    path,
    is_standard,
    repository_of(path, is_standard) AS repository,
    config,
    sha256(config) AS config_sha256,
    nullif(description, '') AS description,
    nullif(block, '') AS block
FROM queue_add;

-- Runs ----------------------------------------------------------------------------------------------------------------

-- The last that the queue said of each. Only a process tells a run from another of the same index.
CREATE TABLE script_process AS
SELECT
    coalesce(event.scriptqueue_id, event.sal_index) AS queue,
    coalesce(event.script_sal_index, event.sal_index) AS sal_index,
    process_start,
    tai_text(process_start_seconds) AS process_start_tai,
    max(run_start) AS run_start,
    -- An end before the beginning is no end.
    max(process_end) FILTER (process_end >= process_start) AS process_end,
    max(path) AS path,
    bool_or(is_standard) AS is_standard,
    repository_of(max(path), bool_or(is_standard)) AS repository,
    max(command_number) AS command_number,
    process_state_name(arg_max(process_state, (sent, process_state))) AS process_state,
    script_state_name(arg_max(script_state, (sent, process_state, script_state))) AS script_state
FROM queue_script AS event
WHERE process_start IS NOT NULL
GROUP BY ALL;

-- Which run sent a message, or what it is about: of the runs of its index the one that was started last.
CREATE TABLE run_message AS
WITH message AS (
    SELECT
        coalesce(script_id, sal_index) AS script, sent, reason, nullif(group_id, '') AS group_id,
        nullif(last_checkpoint, '') AS last_checkpoint, nullif(block_run, '') AS block_run
    FROM script_state
    UNION ALL BY NAME SELECT coalesce(script_id, sal_index) AS script, sent, nullif(block_run, '') AS block_run
    FROM script_configure
    UNION ALL BY NAME SELECT coalesce(script_id, sal_index) AS script, sent, class_name FROM script_description
    UNION ALL BY NAME SELECT
        coalesce(script_sal_index, sal_index) AS script, sent,
        CASE WHEN measurement NOT LIKE '%Canceled' THEN sent END AS visit_announced,
        CASE WHEN measurement LIKE '%Canceled' THEN sent END AS visit_canceled
    FROM queue_visit
)
SELECT process.queue, process.process_start_tai, process.sal_index, message.* EXCLUDE (script)
FROM message
ASOF JOIN script_process AS process
    ON message.script = process.sal_index AND message.sent + clocks_apart() >= process.process_start;

-- The last that was said. Of a run's block its own messages tell: the queue's events leave it empty.
CREATE VIEW run_told AS
SELECT
    queue,
    process_start_tai,
    sal_index,
    nullif(arg_max(reason, (sent, reason)) FILTER (reason IS NOT NULL), '') AS reason,
    arg_max(last_checkpoint, (sent, last_checkpoint)) FILTER (last_checkpoint IS NOT NULL) AS last_checkpoint,
    arg_max(block_run, (sent, block_run)) FILTER (block_run IS NOT NULL) AS block_run
FROM run_message
GROUP BY queue, process_start_tai, sal_index;

-- For other parts: every group that a run was given.
CREATE VIEW script_group AS
SELECT DISTINCT queue, process_start_tai, sal_index, group_id FROM run_message WHERE group_id IS NOT NULL;

-- For other parts: every run whose records were read, also those of before and after the night.
CREATE TABLE script_run AS
WITH
    -- The number of a command repeats: each sender counts its own, and from the beginning again after a restart. It
    -- queued one script: of several runs that it would fit the first one; the commands of the others were lost.
    requested AS (
        SELECT process.queue, process.process_start_tai, process.sal_index, request.* EXCLUDE (queue)
        FROM script_process AS process
        ASOF JOIN queue_request AS request
            ON process.queue = request.queue
            AND process.command_number = request.number
            AND process.path = request.path
            AND process.is_standard = request.is_standard
            AND process.process_start >= request.sent
        QUALIFY row_number() OVER (
            PARTITION BY request.queue, request.sent_tai, request.number ORDER BY process_start, process.sal_index
        ) = 1
    ),
    placed AS (
        SELECT
            process.*,
            request.number AS request_number,
            request.sent_tai AS request_sent_tai,
            request.identity AS requester,
            request.config_sha256,
            request.block AS requested_block,
            environment.ms AS environment
        FROM script_process AS process
        LEFT JOIN requested AS request USING (queue, process_start_tai, sal_index)
        ASOF LEFT JOIN observing_environment AS environment ON process.process_start >= environment.held_from
    )
SELECT
    placed.* EXCLUDE (command_number, requested_block, environment),
    version.version,
    coalesce(requested_block, block_of(told.block_run)) AS block,
    told.block_run,
    told.reason,
    told.last_checkpoint,
    coalesce(process_start >= starts AND process_start < ends, true) AS own
FROM placed
CROSS JOIN partition_window
LEFT JOIN run_told AS told USING (queue, process_start_tai, sal_index)
LEFT JOIN observing_environment_version AS version
    ON placed.environment = version.ms AND placed.repository = version.repository;

-- What is told of the night's own runs --------------------------------------------------------------------------------

CREATE VIEW own_run AS
SELECT
    *,
    'ScriptQueue:' || queue AS component,
    parse_filename(path) AS file,
    CASE
        WHEN process_state = 'DONE' AND script_state = 'DONE' THEN 'SUCCESSFUL'
        WHEN process_state = 'DONE' THEN script_state
        WHEN process_state IN ('LOADFAILED', 'CONFIGURE_FAILED', 'TERMINATED') THEN process_state
    END AS status,
    -- How far it had come, of one that was cut off or goes on; of any other the status tells it.
    CASE WHEN status IS NULL OR status = 'TERMINATED' THEN script_state END AS state_reached,
    -- Where the execution of the block is known, that is what used the block.
    CASE WHEN block_run IS NULL THEN block END AS block_of_run
FROM script_run
WHERE own;

CREATE VIEW own_run_message AS
SELECT * FROM run_message SEMI JOIN own_run USING (queue, process_start_tai, sal_index);

CREATE VIEW unversioned_run AS SELECT * FROM own_run WHERE version IS NULL;

CREATE VIEW unrequested_run AS SELECT * FROM own_run WHERE request_number IS NULL;

CREATE VIEW versioned_run AS SELECT * FROM own_run WHERE version IS NOT NULL;

CREATE VIEW requested_run AS SELECT * FROM own_run WHERE request_number IS NOT NULL;

CREATE VIEW own_block_run AS
SELECT DISTINCT block_run, coalesce(block_of(block_run), block) AS block FROM own_run WHERE block_run IS NOT NULL;

CREATE VIEW own_block AS
SELECT block FROM own_block_run WHERE block IS NOT NULL
UNION SELECT block_of_run FROM own_run WHERE block_of_run IS NOT NULL;

CREATE VIEW script_class AS
SELECT DISTINCT repository, version, path, class_name
FROM own_run_message JOIN own_run USING (queue, process_start_tai, sal_index)
WHERE version IS NOT NULL AND class_name <> '';

-- What is told of the night's own requests ----------------------------------------------------------------------------

CREATE VIEW own_script_request AS
SELECT
    *,
    CASE WHEN is_person(identity) THEN login_of(identity) END AS login,
    CASE WHEN NOT is_person(identity) THEN identity END AS component
FROM queue_request, partition_window
WHERE coalesce(sent >= starts AND sent < ends, true);

-- A run begins in the night, its request perhaps before it: their configurations and scripts are shared.
CREATE VIEW script_config AS
SELECT DISTINCT config_sha256, CASE WHEN length(config) <= 2000 THEN config END AS text
FROM queue_request
WHERE config_sha256 IN (SELECT config_sha256 FROM own_run UNION SELECT config_sha256 FROM own_script_request);

CREATE VIEW script AS
SELECT repository, path FROM own_run UNION SELECT repository, path FROM own_script_request;

CREATE VIEW script_component AS
SELECT component FROM own_script_request WHERE component IS NOT NULL
UNION SELECT component FROM own_run;

CREATE VIEW script_person AS
SELECT DISTINCT login FROM own_script_request WHERE login IS NOT NULL;
