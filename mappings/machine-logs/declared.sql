-- What no log says of itself: who runs the sites declares it here.

-- Where a cluster is, and how many days its logs are kept; NULL where that has not been said (REC-LOG-2, REC-LOG-3).
CREATE TABLE log_cluster AS
SELECT * FROM (VALUES
    ('yagan', 'summit', 90),
    ('manke', 'base', NULL),
    ('pillan', 'tucson', NULL)
) AS declared(cluster, site, retention_days);

-- In which zone an application writes times that name none: UTC (REC-LOG-1, RFC-767), or a name of the IANA database.
CREATE TABLE log_zone AS
SELECT * FROM (VALUES
    ('scriptqueue', 'UTC'),
    ('mtmount', 'UTC')
) AS declared(app, zone);
