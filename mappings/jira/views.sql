-- Tickets of a night, and what has been done with them since.

-- What closes a work order without anything being changed.
CREATE TABLE idle_resolution AS
SELECT unnest([
    'Won''t Do', 'Won''t Fix', 'Duplicate', 'Cannot Reproduce', 'Declined', 'Cancelled', 'Canceled', 'Invalid', 'Withdrawn'
]) AS resolution;

CREATE VIEW own_ticket AS
SELECT ticket.*
FROM ticket, partition_window AS night
WHERE night.starts IS NULL OR (ticket.created >= night.starts AND ticket.created < night.ends);

CREATE VIEW status_change AS
SELECT change.key, change.id, change.author, change.changed, change.before, change.after
FROM change SEMI JOIN own_ticket ON change.key = own_ticket.key
WHERE change.field = 'status';

CREATE VIEW ticket_v AS
SELECT
    key,
    concat_ws(': ', key, summary) AS label,
    regexp_extract(url, '^https?://[^/]+') || '/browse/' || key AS page,
    summary,
    type,
    status,
    resolution,
    creator,
    created,
    time_lost,
    CASE WHEN changes > (SELECT count(DISTINCT id) FROM change WHERE change.key = own_ticket.key)
        THEN 'ChangesCut' END AS gap
FROM own_ticket;

-- A display name is not a login, so whoever has it is nobody that another system names.
CREATE VIEW jira_agent AS
WITH named AS (
    SELECT creator AS name, creator_kind AS kind FROM own_ticket
    UNION ALL
    SELECT author, author_kind FROM change SEMI JOIN status_change USING (key, id)
)
SELECT
    name,
    'http://www.w3.org/ns/prov#' || CASE max(kind)
        WHEN 'app' THEN 'SoftwareAgent' WHEN 'atlassian' THEN 'Person' WHEN 'customer' THEN 'Person' ELSE 'Agent'
    END AS class,
    CASE WHEN max(kind) IS DISTINCT FROM 'app' THEN 'NoLogin' END AS gap
FROM named WHERE name IS NOT NULL GROUP BY name;

-- Systems ------------------------------------------------------------------------------------------------------------

-- [[{"name": "Simonyi"}, {"name": "MTMount"}], ...]: each choice is a way down a tree of systems.
CREATE VIEW ticket_system AS
WITH choice AS (
    SELECT DISTINCT key, unnest(json_extract(systems, '$[*]')) AS way FROM own_ticket
),
named AS (SELECT key, json_extract_string(way, '$[*].name') AS names FROM choice)
SELECT DISTINCT key, names, array_to_string(names, '/') AS system FROM named WHERE len(names) > 0;

-- The systems themselves, and those that they are part of.
CREATE VIEW observatory_system AS
SELECT DISTINCT
    array_to_string(names[:depth], '/') AS system,
    nullif(array_to_string(names[:depth - 1], '/'), '') AS part_of
FROM (SELECT names, unnest(range(1, len(names) + 1)) AS depth FROM ticket_system);

-- Each closing of a work order leaves its systems in a new configuration, unless nothing was done.
CREATE VIEW hardware_configuration AS
SELECT
    done.key,
    done.id,
    done.changed,
    strftime(done.changed, '%Y-%m-%dT%H:%M:%S.%gZ') AS since,
    ticket_system.system,
    concat_ws(': ', ticket_system.system || ' after ' || done.key, own_ticket.summary) AS label
FROM status_change AS done
JOIN own_ticket USING (key)
JOIN ticket_system USING (key)
WHERE starts_with(done.key, 'MAINT-')
    AND done.after = 'CLOSED'
    AND done.before <> 'CLOSED'
    AND (own_ticket.resolution IS NULL OR own_ticket.resolution NOT IN (SELECT resolution FROM idle_resolution));
