-- The reader's tables, tidied: keys as they stand in IRIs, one row for each subject where that is cheap.
-- Identifiers are those of docs/architecture.md.

-- What is the same for the whole partition. No packages, no environment: then nothing is said of it.
CREATE VIEW setting AS
SELECT
    repository.label AS repo,
    run.name AS run,
    run."user" AS "user",
    (SELECT sha256(string_agg(name || '==' || version, chr(10) ORDER BY name, version)) FROM package) AS environment
FROM repository LEFT JOIN run ON true;

-- Dataset types ------------------------------------------------------------------------------------------------------

CREATE VIEW dataset_type_v AS
SELECT DISTINCT
    name,
    storage_class,
    nullif(dimensions, '') AS dimensions,
    CASE
        WHEN storage_class = 'ButlerLogRecords' THEN 'log'
        WHEN storage_class = 'TaskMetadata' OR ends_with(name, '_metadata') THEN 'metadata'
        WHEN storage_class = 'Config' THEN 'config'
        WHEN storage_class = 'Packages' THEN 'packages'
        WHEN storage_class = 'ProvenanceQuantumGraph' THEN 'provenance'
        WHEN storage_class LIKE 'Metric%' OR ends_with(name, '_metrics') THEN 'metrics'
        WHEN is_calibration THEN 'calibration'
        ELSE 'data'
    END AS kind
FROM dataset_type;

-- Those that tell of the processing: a dataset of theirs belongs to its quantum, not to a data ID over many runs.
CREATE VIEW record_type AS
SELECT name FROM dataset_type_v WHERE kind IN ('log', 'metadata', 'config', 'packages', 'provenance');

-- Datasets -----------------------------------------------------------------------------------------------------------

CREATE VIEW unproduced AS
SELECT id FROM dataset GROUP BY id HAVING NOT bool_or(produced);

-- Of a quantum that was blocked or never heard of, and left nothing behind, only the plan can be told.
CREATE VIEW planned_quantum AS
SELECT id, status, task_label, data_id FROM quantum
WHERE status IN ('BLOCKED', 'UNKNOWN')
    AND id NOT IN (SELECT producer FROM dataset WHERE produced AND producer IS NOT NULL);

CREATE VIEW dataset_v AS
SELECT
    d.id,
    d.dataset_type,
    d.producer,
    d.run,
    setting.repo,
    d.data_id,
    CASE WHEN d.dataset_type NOT IN (SELECT name FROM record_type) THEN d.data_id END AS common_data_id
FROM dataset AS d, setting
WHERE d.produced;

CREATE VIEW common_data AS
SELECT DISTINCT dataset_type, common_data_id AS data_id FROM dataset_v WHERE common_data_id IS NOT NULL;

CREATE VIEW planned_dataset AS
SELECT d.id, d.dataset_type, d.data_id, d.producer FROM dataset AS d WHERE d.id IN (SELECT id FROM unproduced);

CREATE VIEW file AS
SELECT dataset, list(uri ORDER BY uri) AS uris, CAST(sum(size) AS BIGINT) AS size FROM artifact GROUP BY dataset;

-- A raw is the camera's: one exposure, one detector, whichever system and whichever RUN names it.
CREATE VIEW raw AS
SELECT
    id,
    regexp_extract(key, '~instrument~([^~]*)~', 1) AS instrument,
    regexp_extract(key, '~detector~([^~]*)~', 1) AS detector,
    regexp_extract(key, '~exposure~([^~]*)~', 1) AS exposure
FROM (SELECT id, '~' || data_id || '~' AS key FROM dataset_v WHERE dataset_type = 'raw' AND data_id IS NOT NULL);

-- The configuration of a task is what its `_config` dataset holds.
CREATE VIEW config_dataset AS
SELECT d.id, task.config FROM dataset_v AS d JOIN task ON d.dataset_type = task.label || '_config'
WHERE task.config IS NOT NULL;

CREATE VIEW fetched_v AS
SELECT
    *,
    CASE WHEN weight IS NOT NULL OR len(extras) > 0 THEN dataset END AS qualified
FROM fetched;

-- Data IDs -----------------------------------------------------------------------------------------------------------

CREATE VIEW data_id_v AS
WITH
    key AS (
        SELECT data_id FROM common_data
        UNION SELECT data_id FROM quantum WHERE data_id IS NOT NULL
        UNION SELECT data_id FROM planned_dataset WHERE data_id IS NOT NULL
    ),
    part AS (SELECT data_id, string_split(data_id, '~') AS parts FROM key),
    pair AS (
        SELECT
            data_id,
            list_transform(range(1, len(parts), 2), lambda i: parts[i]) AS names,
            list_transform(range(2, len(parts) + 1, 2), lambda i: replace(parts[i], '%7E', '~')) AS vals
        FROM part
    ),
    dimension AS (SELECT data_id, names, vals, map(names, vals) AS value FROM pair)
SELECT
    data_id,
    value['instrument'] AS instrument,
    TRY_CAST(value['detector'] AS BIGINT) AS detector,
    TRY_CAST(value['exposure'] AS BIGINT) AS exposure,
    TRY_CAST(value['visit'] AS BIGINT) AS visit,
    TRY_CAST(value['day_obs'] AS BIGINT) AS day_obs,
    value['group'] AS group_name,
    value['physical_filter'] AS physical_filter,
    value['band'] AS band,
    value['skymap'] AS skymap,
    TRY_CAST(value['tract'] AS BIGINT) AS tract,
    TRY_CAST(value['patch'] AS BIGINT) AS patch,
    list_filter(
        list_transform(range(1, len(names) + 1), lambda i: names[i] || '=' || vals[i]),
        lambda text: NOT regexp_matches(
            text,
            '^(instrument|detector|exposure|visit|day_obs|group|physical_filter|band|skymap|tract|patch)='
        )
    ) AS others
FROM dimension;

-- Quanta -------------------------------------------------------------------------------------------------------------

CREATE VIEW machine AS
SELECT DISTINCT host FROM host;

CREATE VIEW last_host AS
SELECT quantum, arg_max(host, attempt) AS host FROM host GROUP BY quantum;

CREATE VIEW quantum_v AS
SELECT
    q.id,
    q.data_id,
    q.started,
    q.ended,
    q.status,
    q.caveats,
    q.max_rss,
    q.cpu_time,
    q.task_label,
    CASE WHEN q.is_init THEN q.id END AS init_id,
    task.task_class,
    last_host.host,
    setting.repo,
    setting.run,
    setting.environment
FROM quantum AS q
CROSS JOIN setting
LEFT JOIN task ON q.task_label = task.label
LEFT JOIN last_host ON q.id = last_host.quantum
WHERE q.id NOT IN (SELECT id FROM planned_quantum);

CREATE VIEW planned_quantum_v AS
SELECT q.id, q.data_id, q.status, q.task_label, task.task_class, setting.repo, setting.run
FROM planned_quantum AS q CROSS JOIN setting LEFT JOIN task ON q.task_label = task.label;

CREATE VIEW attempt_v AS
SELECT attempt.*, host.host
FROM attempt LEFT JOIN host ON attempt.quantum = host.quantum AND attempt.number = host.attempt;

-- An input that existed was presented; one that nothing produced, or to a quantum that never ran, was only planned.
CREATE VIEW presented AS
SELECT quantum, dataset FROM quantum_input
WHERE dataset NOT IN (SELECT id FROM unproduced) AND quantum NOT IN (SELECT id FROM planned_quantum);

CREATE VIEW planned_input AS
SELECT quantum, dataset FROM quantum_input
WHERE dataset IN (SELECT id FROM unproduced) OR quantum IN (SELECT id FROM planned_quantum);

-- Where two connections of a task read the same dataset type, the task's description cannot tell the role of an edge.
CREATE VIEW ambiguous_connection AS
SELECT task_label, task_class, connection FROM connection
WHERE direction = 'input'
    AND (task_label, dataset_type) IN (
        SELECT (task_label, dataset_type) FROM connection
        WHERE direction = 'input'
        GROUP BY task_label, dataset_type HAVING count(DISTINCT connection) > 1
    );

CREATE VIEW qualified_usage AS
SELECT i.quantum, i.dataset, i.connection, c.task_class
FROM ambiguous_connection AS c
JOIN quantum AS q ON q.task_label = c.task_label
JOIN quantum_input AS i ON i.quantum = q.id AND i.connection = c.connection
WHERE i.dataset NOT IN (SELECT id FROM unproduced) AND q.id NOT IN (SELECT id FROM planned_quantum);

-- Plans --------------------------------------------------------------------------------------------------------------

CREATE VIEW plan AS
SELECT
    task.label, task.task_class, task.config, setting.repo, setting.run,
    -- Without a pipeline graph the tasks are known one by one.
    CASE WHEN task.task_class IS NOT NULL THEN setting.run END AS pipeline
FROM task, setting;

CREATE VIEW pipeline AS
SELECT DISTINCT repo, pipeline FROM plan WHERE pipeline IS NOT NULL;

CREATE VIEW description AS
SELECT DISTINCT
    c.task_class,
    c.connection,
    c.dataset_type,
    c.direction,
    CASE
        WHEN c.kind = 'log' THEN 'Log'
        WHEN c.kind = 'metadata' THEN 'Context'
        WHEN c.kind = 'init' THEN 'Setup'
        WHEN t.kind = 'calibration' THEN 'Calibration'
        WHEN t.kind = 'metrics' THEN 'Quality'
        ELSE 'Main'
    END AS type
FROM connection AS c LEFT JOIN dataset_type_v AS t ON c.dataset_type = t.name;

CREATE VIEW usage_description AS SELECT * FROM description WHERE direction = 'input';

CREATE VIEW generation_description AS SELECT * FROM description WHERE direction = 'output';

CREATE VIEW config AS
SELECT DISTINCT config, config_class FROM task WHERE config IS NOT NULL;

-- The reader has values as Python writes them; exactly one of the last four columns is filled.
CREATE VIEW config_field_v AS
WITH typed AS (
    SELECT
        config,
        name,
        value,
        CASE WHEN regexp_full_match(value, '-?[0-9]+') THEN TRY_CAST(value AS HUGEINT) END AS whole,
        CASE
            WHEN regexp_full_match(value, '-?[0-9]+([.][0-9]+|([.][0-9]+)?e[+-]?[0-9]+)') THEN TRY_CAST(value AS DOUBLE)
            -- What pex_config writes for the floats that have no literal.
            WHEN value IN ('float(''inf'')', 'float(''-inf'')', 'float(''nan'')')
                THEN CAST(regexp_extract(value, '-?(inf|nan)') AS DOUBLE)
        END AS real,
        CASE value WHEN 'True' THEN true WHEN 'False' THEN false END AS flag
    FROM config_field
)
SELECT
    config,
    name,
    whole,
    real,
    flag,
    CASE
        WHEN whole IS NOT NULL OR real IS NOT NULL OR flag IS NOT NULL THEN NULL
        -- Quotes go where nothing between them is escaped.
        WHEN regexp_full_match(value, '''[^''\\]*''|"[^"\\]*"') THEN substr(value, 2, length(value) - 2)
        ELSE value
    END AS text
FROM typed;

CREATE VIEW package_v AS
SELECT package.name, package.version, setting.environment FROM package, setting;

-- Collections --------------------------------------------------------------------------------------------------------

CREATE VIEW run_v AS
SELECT DISTINCT dataset_v.run, dataset_v.repo FROM dataset_v WHERE dataset_v.run IS NOT NULL
UNION SELECT run, repo FROM setting WHERE run IS NOT NULL;

CREATE VIEW collection_v AS
SELECT collection.*, setting.repo FROM collection, setting;

CREATE VIEW member_v AS
SELECT
    member.*,
    c.state,
    c.repo,
    -- A membership is named by what it says; one of a tag says nothing beyond itself.
    CASE WHEN position IS NOT NULL OR c.type = 'CALIBRATION' THEN left(sha256(concat_ws(
        '|', member_collection, member_dataset, position, coalesce(valid_from_tai, '-'), coalesce(valid_to_tai, '-')
    )), 32) END AS key
FROM member JOIN collection_v AS c ON member.collection = c.name;

-- Exposures ----------------------------------------------------------------------------------------------------------

CREATE VIEW exposure_v AS
SELECT *, 'instrument~' || replace(instrument, '~', '%7E') || '~exposure~' || id AS data_id FROM exposure;

CREATE VIEW visit AS
SELECT
    'instrument~' || replace(instrument, '~', '%7E') || '~visit~' || visit AS data_id,
    instrument,
    visit,
    id AS exposure
FROM (SELECT instrument, id, unnest(visits) AS visit FROM exposure);
