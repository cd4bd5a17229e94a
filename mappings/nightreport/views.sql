-- Tidy rows of the reports of a night. What the three logs have in common is in ../shared/logs.sql.

-- While pages are read the log goes on: a report that is met twice counts as it was met last.
CREATE VIEW report_v AS
SELECT *, login_of(user_id) AS login
FROM report
QUALIFY row_number() OVER (PARTITION BY id ORDER BY date_invalidated DESC NULLS LAST) = 1;

CREATE VIEW edit_v AS
SELECT id, parent_id, date_added FROM edit
UNION
SELECT id, parent_id, date_added FROM report_v;

-- An edited report keeps the date of the first one.
CREATE TABLE history AS SELECT * FROM log_history('report_v', 'edit_v', false);

CREATE MACRO night_text(day_obs) AS strftime(try_strptime(CAST(day_obs AS VARCHAR), '%Y%m%d'), '%Y-%m-%d');

CREATE VIEW entry AS
SELECT
    report_v.id,
    concat_ws(' ', 'report of the night', night_text(day_obs)) AS label,
    day_obs,
    nullif(summary, '') AS summary,
    nullif(weather, '') AS weather,
    nullif(maintel_summary, '') AS maintel_summary,
    nullif(auxtel_summary, '') AS auxtel_summary,
    nullif(confluence_url, '') AS confluence_url,
    list_filter(list_transform(observers_crew, lambda name: login_of(name)), lambda name: name <> '') AS crew,
    date_sent,
    nullif(site_id, '') AS site_id,
    nullif(user_agent, '') AS user_agent,
    history.* EXCLUDE id
FROM report_v JOIN history ON report_v.id = history.id;

CREATE VIEW night AS
SELECT DISTINCT day_obs, coalesce('night ' || night_text(day_obs), 'night ' || day_obs) AS label FROM entry;

CREATE VIEW person AS
SELECT author AS name FROM entry WHERE author IS NOT NULL
UNION
SELECT unnest(crew) AS name FROM entry;
