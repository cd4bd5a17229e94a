-- What exposurelog, narrativelog and nightreport have in common. They overwrite nothing but the date at which a message
-- was invalidated: an edit makes a child of it, a deletion nothing at all (mappings/exposurelog/README.md).

-- The beginning of a text in one line, for labels; NULL for an empty one.
CREATE MACRO one_line(text) AS trim(regexp_replace(text, '\s+', ' ', 'g'));

CREATE MACRO excerpt(text) AS
    nullif(CASE WHEN length(one_line(text)) <= 60 THEN one_line(text) ELSE left(one_line(text), 59) || '…' END, '');

-- The ticket that a URL of Jira shows; NULL for every other URL.
CREATE MACRO ticket_of(url) AS
    nullif(regexp_extract(url, '^https://rubinobs\.atlassian\.net/browse/([A-Z][A-Z0-9_]*-[0-9]+)/?([?#].*)?$', 1), '');

CREATE MACRO tickets_of(urls) AS
    list_filter(list_transform(urls, lambda url: ticket_of(url)), lambda key: key IS NOT NULL);

CREATE MACRO pages_of(urls) AS list_filter(urls, lambda url: url <> '' AND ticket_of(url) IS NULL);

-- One row a message: when it was made and by whom it was edited, as far as the log tells, and what ended it. Columns
-- that say that something is so of a message (edit, by_someone, at_some_time, deleted) hold its id, or NULL.
--   messages     name of a view of the night's: id, parent_id, login, date_added, date_invalidated
--   children     name of a view of all edited messages, of other nights too: id, parent_id, date_added
--   dates_edits  whether an edited message has a date_added of its own; else it is that of the message before
CREATE MACRO log_history(messages, children, dates_edits) AS TABLE
WITH
    message AS (SELECT id, parent_id, login, date_added, date_invalidated FROM query_table(messages)),
    child AS (SELECT DISTINCT id, parent_id, date_added FROM query_table(children) WHERE parent_id IS NOT NULL),
    brood AS (SELECT parent_id, count(*) AS children FROM child GROUP BY parent_id),
    edit AS (
        -- Each edit of a message rewrites the date of its end: where there was one edit, that is when.
        SELECT
            child.id,
            child.parent_id,
            CASE WHEN dates_edits THEN child.date_added
                WHEN brood.children = 1 THEN parent.date_invalidated END AS date_edited
        FROM child
        JOIN brood ON child.parent_id = brood.parent_id
        LEFT JOIN message AS parent ON child.parent_id = parent.id
    ),
    last_edit AS (
        SELECT edit.parent_id AS id, min(edit.id) AS child
        FROM edit JOIN message ON edit.parent_id = message.id AND edit.date_edited = message.date_invalidated
        GROUP BY edit.parent_id
    ),
    editor AS (
        -- An edit without a name keeps that of the message before, so only another name tells who edited. NULL means
        -- that names are dropped; a message from another night cannot be compared.
        SELECT
            message.id,
            CASE WHEN message.login <> parent.login AND message.login <> '' THEN message.login END AS login,
            CASE WHEN message.login = parent.login OR message.login = '' THEN message.id END AS by_someone
        FROM message JOIN message AS parent ON message.parent_id = parent.id
    )
SELECT
    message.id,
    CASE WHEN message.parent_id IS NULL THEN message.date_added ELSE edit.date_edited END AS generated,
    message.date_invalidated AS invalidated,
    nullif(message.login, '') AS author,
    message.parent_id AS edited_message,
    CASE WHEN message.parent_id IS NOT NULL THEN message.id END AS edit,
    edit.date_edited AS edited,
    editor.login AS editor,
    editor.by_someone,
    CASE WHEN editor.id IS NOT NULL AND edit.date_edited IS NULL THEN message.id END AS at_some_time,
    last_edit.child AS ended_by_edit,
    CASE WHEN message.date_invalidated IS NOT NULL AND brood.children IS NULL THEN message.id END AS deleted
FROM message
LEFT JOIN edit ON message.id = edit.id
LEFT JOIN editor ON message.id = editor.id
LEFT JOIN last_edit ON message.id = last_edit.id
LEFT JOIN brood ON message.id = brood.parent_id;

-- Who wrote, by the view of a log's entries: author, is_human. Who never wrote as a human being may be a program.
CREATE MACRO log_authors(entries) AS TABLE
SELECT
    author,
    CASE WHEN bool_or(is_human) THEN author END AS person,
    CASE WHEN NOT bool_or(is_human) THEN author END AS other
FROM query_table(entries)
WHERE author IS NOT NULL
GROUP BY author;
