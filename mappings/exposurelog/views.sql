-- Tidy rows of the messages about exposures. What the three logs have in common is in ../shared/logs.sql.

-- While pages are read the log goes on: a message that is met twice counts as it was met last.
CREATE VIEW message_v AS
SELECT *, login_of(user_id) AS login
FROM message
QUALIFY row_number() OVER (PARTITION BY id ORDER BY date_invalidated DESC NULLS LAST) = 1;

CREATE TABLE history AS SELECT * FROM log_history('message_v', 'message_v', true);

CREATE VIEW entry AS
SELECT
    message_v.id,
    'exposurelog ' || obs_id || coalesce(' (' || exposure_flag || ')', '')
        || coalesce(': ' || excerpt(message_text), '') AS label,
    nullif(message_text, '') AS message_text,
    exposure_id(obs_id) AS exposure,
    instrument,
    day_obs,
    exposure_flag,
    CASE WHEN exposure_id(obs_id) IS NULL THEN message_v.id END AS unidentified,
    obs_id,
    nullif(site_id, '') AS site_id,
    nullif(user_agent, '') AS user_agent,
    is_human,
    CAST(level AS VARCHAR) AS level,
    tags,
    tickets_of(urls) AS tickets,
    pages_of(urls) AS pages,
    history.* EXCLUDE id
FROM message_v JOIN history ON message_v.id = history.id;

CREATE VIEW author_v AS SELECT * FROM log_authors('entry');
