-- Telemetry by reference: which topics matter for which instrument, and in which window of each exposure.

-- A line for each topic that tells the conditions of an exposure; a `:n` behind it is a SAL index. Add yours here.
CREATE VIEW telemetry_topic AS
SELECT * FROM (VALUES
    ('Simonyi', 'lsst.sal.MTMount.azimuth'),
    ('Simonyi', 'lsst.sal.MTMount.elevation'),
    ('Simonyi', 'lsst.sal.MTRotator.rotation'),
    ('Simonyi', 'lsst.sal.MTHexapod.application:1'),
    ('Simonyi', 'lsst.sal.MTHexapod.application:2'),
    ('Simonyi', 'lsst.sal.MTM1M3.forceActuatorData'),
    ('Simonyi', 'lsst.sal.MTM2.axialForce'),
    ('Simonyi', 'lsst.sal.MTDome.azimuth'),
    ('auxiliary', 'lsst.sal.ATMCS.mount_AzEl_Encoders'),
    ('auxiliary', 'lsst.sal.ATMCS.mount_Nasmyth_Encoders'),
    ('auxiliary', 'lsst.sal.ATHexapod.positionStatus'),
    ('auxiliary', 'lsst.sal.ATDome.position'),
    ('Simonyi', 'lsst.sal.DIMM.logevent_dimmMeasurement'),
    ('auxiliary', 'lsst.sal.DIMM.logevent_dimmMeasurement')
) AS listed(telescope, topic);

-- A list is named by what is in it, so that a longer one tomorrow says nothing else of the exposures of today.
CREATE TABLE telemetry_list AS
SELECT telescope, list(topic ORDER BY topic) AS topics, sha256(string_agg(topic, chr(10) ORDER BY topic)) AS digest
FROM telemetry_topic GROUP BY telescope;

CREATE VIEW telemetry_slice AS
SELECT
    i.instrument,
    i.exposure,
    i.begun,
    i.ended,
    tai_text(i.begun_tai) AS begin_tai,
    tai_text(i.ended_tai) AS end_tai,
    l.telescope,
    l.digest
FROM image AS i JOIN telemetry_list AS l ON l.telescope = telescope_of(i.instrument)
WHERE i.own AND i.ended >= i.begun;

CREATE VIEW telemetry_list_v AS
SELECT l.digest, l.telescope, l.topics FROM telemetry_list AS l
SEMI JOIN telemetry_slice AS s ON s.digest = l.digest;
