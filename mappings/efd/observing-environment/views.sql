-- What is checked out where the scripts run: from one summary to the next.

-- A summary names the version (git describe) of every repository.
CREATE TABLE observing_environment_version AS
SELECT DISTINCT ms, held_from, repository, version FROM environment_summary
WHERE held_from IS NOT NULL AND version <> '';

CREATE TABLE observing_environment AS
WITH summary AS (SELECT DISTINCT ms, held_from FROM observing_environment_version)
SELECT
    ms,
    held_from,
    lag(ms) OVER (ORDER BY ms) AS previous,
    lag(held_from) OVER (ORDER BY ms) AS previous_held_from,
    coalesce(held_from >= starts AND held_from < ends, true) AS own,
    -- What held when the night began, and what came into force during it.
    coalesce(held_from < ends AND lead(held_from, 1, ends) OVER (ORDER BY ms) > starts, true) AS in_force
FROM summary, partition_window;

CREATE VIEW environment_in_force AS
SELECT *, strftime(held_from, '%Y-%m-%d %H:%M:%S') AS since FROM observing_environment WHERE in_force;

CREATE VIEW environment_part AS
SELECT v.* FROM observing_environment_version AS v JOIN environment_in_force AS e ON v.ms = e.ms;

-- What changed it -----------------------------------------------------------------------------------------------------

CREATE VIEW environment_change AS
SELECT DISTINCT ms, done_at, action, repository, branch, login_of(nullif(login, '')) AS login FROM environment_action;

-- An action changes what the next summary tells; several before it follow one another.
CREATE VIEW own_action AS
WITH
    followed AS (
        SELECT *, lag(ms) OVER (ORDER BY ms) AS previous, lag(done_at) OVER (ORDER BY ms) AS previous_done_at
        FROM environment_change
    ),
    told AS (
        SELECT a.*, e.held_from AS told_at
        FROM followed AS a ASOF LEFT JOIN observing_environment AS e ON a.done_at > e.held_from
    )
SELECT
    * EXCLUDE (previous),
    concat_ws(' ', action, repository, branch) AS label,
    CASE WHEN told_at IS NULL OR told_at < previous_done_at THEN previous END AS previous
FROM told, partition_window
WHERE coalesce(done_at >= starts AND done_at < ends, true);

CREATE VIEW own_environment AS
WITH content AS (
    SELECT ms, list((repository, version) ORDER BY repository) AS versions
    FROM observing_environment_version GROUP BY ms
)
SELECT
    e.ms,
    e.previous,
    b.branch AS run_branch,
    CASE WHEN a.done_at > e.previous_held_from OR e.previous IS NULL THEN a.ms END AS action,
    -- A summary is published again where nothing has changed.
    now.versions <> before.versions AS has_changed
FROM observing_environment AS e
JOIN content AS now USING (ms)
LEFT JOIN content AS before ON e.previous = before.ms
ASOF LEFT JOIN environment_change AS a ON e.held_from >= a.done_at
ASOF LEFT JOIN environment_run_branch AS b ON e.held_from >= b.held_from
WHERE e.own;

CREATE VIEW generated_environment AS SELECT ms, action FROM own_environment WHERE action IS NOT NULL;

CREATE VIEW unexplained_environment AS SELECT ms FROM own_environment WHERE has_changed AND action IS NULL;
