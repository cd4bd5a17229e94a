-- Metrics of Sasquatch, each value with the dataset that it was read from.

-- A dimension in the key of a data ID; one that is empty is not there.
CREATE MACRO dimension(name, value) AS name || '~' || replace(nullif(value, ''), '~', '%7E');

CREATE VIEW point AS
WITH said AS (
    SELECT
        *,
        nullif(coalesce(exposure, '') || coalesce(visit, ''), '') AS image,
        -- Whoever has no dataset sends a random id; what is no UUID at all is none.
        CASE WHEN regexp_full_match(lower(id), '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}') THEN lower(id) END AS dataset
    FROM metric
)
SELECT
    time,
    measurement || '.' || metric AS name,
    metric,
    value,
    dataset,
    nullif(run, '') AS run,
    nullif(dataset_type, '') AS dataset_type,
    nullif(reference_package, '') AS package,
    nullif(reference_package_version, '') AS version,
    -- The required dimensions in the Butler's order: an image has one filter, day and group, and a filter one band.
    nullif(concat_ws(
        '~',
        CASE WHEN image IS NULL AND nullif(physical_filter, '') IS NULL THEN dimension('band', band) END,
        dimension('instrument', instrument),
        dimension('skymap', skymap),
        CASE WHEN image IS NULL THEN dimension('day_obs', day_obs) END,
        dimension('detector', detector),
        CASE WHEN nullif(exposure, '') IS NULL THEN dimension('group', "group") END,
        CASE WHEN image IS NULL THEN dimension('physical_filter', physical_filter) END,
        dimension('tract', tract),
        dimension('exposure', exposure),
        dimension('patch', patch),
        dimension('visit', visit)
    ), '') AS data_id
FROM said;

-- The same bundle may be sent again, and is then filed under another time. The last one holds.
CREATE VIEW metric_v AS
WITH keyed AS (SELECT *, coalesce(dataset, concat_ws(' ', run, dataset_type, data_id)) AS key FROM point),
sent AS (
    SELECT
        key,
        name,
        dataset,
        any_value(metric) AS metric,
        arg_max(value, (time, value)) AS value,
        list_sort(list(DISTINCT time)) AS times,
        max(run) AS run,
        max(dataset_type) AS dataset_type,
        max(CASE WHEN dataset IS NULL THEN data_id END) AS data_id,
        arg_max(CASE WHEN version IS NOT NULL THEN package END, time) AS package,
        arg_max(CASE WHEN package IS NOT NULL THEN version END, time) AS version,
        count(DISTINCT value) AS values
    FROM keyed GROUP BY key, name, dataset
)
SELECT
    *,
    metric || ' = ' || CAST(value AS VARCHAR) AS label,
    list_filter(
        [
            CASE WHEN dataset IS NULL THEN 'NoDataset' END,
            -- What could not be measured is sent as 0 (RFC-763).
            CASE WHEN value = 0 THEN 'ZeroOrMissing' END,
            CASE WHEN values > 1 THEN 'ValuesDiffer' END
        ],
        lambda gap: gap IS NOT NULL
    ) AS gaps
FROM sent;

CREATE VIEW metric_description AS SELECT DISTINCT name, metric FROM point;

CREATE VIEW reference_package AS
SELECT DISTINCT package, version FROM metric_v WHERE package IS NOT NULL AND version IS NOT NULL;
