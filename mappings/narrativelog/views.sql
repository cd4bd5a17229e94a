-- Tidy rows of the messages about a night. What the three logs have in common is in ../shared/logs.sql.

-- The night's messages: those about a time in it; without such a time, those written in it. While pages are read the
-- log goes on: a message that is met twice counts as it was met last.
CREATE VIEW message_v AS
WITH every AS (
    SELECT *, date_begin AS night_at FROM message WHERE date_begin IS NOT NULL
    UNION ALL BY NAME
    SELECT *, date_added AS night_at FROM undated WHERE date_begin IS NULL
)
SELECT every.* EXCLUDE night_at, login_of(user_id) AS login, partition_window.day_obs
FROM every JOIN partition_window ON night_at >= starts AND night_at < ends
QUALIFY row_number() OVER (PARTITION BY id ORDER BY date_invalidated DESC NULLS LAST) = 1;

CREATE VIEW edit_v AS
SELECT id, parent_id, date_added FROM edit
UNION
SELECT id, parent_id, date_added FROM message_v;

CREATE TABLE history AS SELECT * FROM log_history('message_v', 'edit_v', true);

-- The time that was lost, in hours. The service takes seconds, and gives a number or, in newer versions, an ISO 8601
-- duration; LOVE writes hours all the same.
CREATE MACRO duration_parts(text) AS regexp_extract(
    text, '^P(?:([0-9.]+)D)?(?:T(?:([0-9.]+)H)?(?:([0-9.]+)M)?(?:([0-9.]+)S)?)?$', ['d', 'h', 'm', 's']);

CREATE MACRO number_or_zero(text) AS coalesce(TRY_CAST(nullif(text, '') AS DOUBLE), 0);

CREATE MACRO seconds_of(text) AS
    CASE WHEN starts_with(text, 'P') THEN
        number_or_zero(duration_parts(text).d) * 86400 + number_or_zero(duration_parts(text).h) * 3600
            + number_or_zero(duration_parts(text).m) * 60 + number_or_zero(duration_parts(text).s)
    ELSE TRY_CAST(text AS DOUBLE) END;

CREATE VIEW lost AS
SELECT id, CASE WHEN user_agent = 'LOVE' THEN seconds_of(time_lost) ELSE seconds_of(time_lost) / 3600 END AS hours
FROM message_v
WHERE seconds_of(time_lost) > 0;

-- Systems as a tree (since 2024-12), each leaf as a path; before that in lists that do not say what is part of what.
CREATE MACRO children_of(node) AS
    CASE WHEN json_type(node, '$.children') = 'ARRAY' THEN CAST(node -> '$.children' AS JSON[]) END;

CREATE VIEW system AS
WITH RECURSIVE
    node AS (
        SELECT id, components_json ->> '$.name' AS path, children_of(components_json) AS children
        FROM message_v
        UNION ALL
        SELECT id, concat_ws('/', path, child ->> '$.name'), children_of(child)
        FROM (SELECT id, path, unnest(children) AS child FROM node)
    ),
    listed AS (
        SELECT
            id,
            unnest(list_concat(
                coalesce(systems, []), coalesce(subsystems, []), coalesce(components, []),
                coalesce(primary_software_components, []), coalesce(primary_hardware_components, [])
            )) AS path
        FROM message_v
        WHERE components_json ->> '$.name' IS NULL
    )
SELECT id, path FROM node WHERE path <> '' AND coalesce(len(children), 0) = 0
UNION
SELECT id, path FROM listed WHERE path <> '';

CREATE VIEW entry AS
WITH concerned AS (SELECT id, list(path ORDER BY path) AS systems FROM system GROUP BY id)
SELECT
    message_v.id,
    'narrativelog ' || strftime(coalesce(date_begin, generated, date_added), '%Y-%m-%d %H:%M UTC')
        || coalesce(': ' || excerpt(message_text), '') AS label,
    nullif(message_text, '') AS message_text,
    day_obs,
    date_begin,
    date_end,
    hours AS hours_lost,
    CASE WHEN hours IS NOT NULL THEN nullif(time_lost_type, '') END AS time_lost_type,
    nullif(category, '') AS category,
    concerned.systems,
    list_filter(cscs, lambda name: name <> '') AS cscs,
    nullif(site_id, '') AS site_id,
    nullif(user_agent, '') AS user_agent,
    is_human,
    CAST(level AS VARCHAR) AS level,
    tags,
    tickets_of(urls) AS tickets,
    pages_of(urls) AS pages,
    history.* EXCLUDE id
FROM message_v
JOIN history ON message_v.id = history.id
LEFT JOIN lost ON message_v.id = lost.id
LEFT JOIN concerned ON message_v.id = concerned.id;

CREATE VIEW author_v AS SELECT * FROM log_authors('entry');
