-- Images as the cameras tell of them, and what had each taken: a script run, a person, or a component.
-- A camera's clock is right; those of the script queues and their scripts are up to 11 s ahead (clocks_apart).

CREATE MACRO camera_of(measurement) AS split_part(measurement, '.', 3);

CREATE MACRO person_of(identity) AS CASE WHEN is_person(identity) THEN login_of(identity) END;

CREATE MACRO component_of(identity) AS CASE WHEN NOT is_person(identity) THEN identity END;

-- a:b\:c is two parts, 'a' and 'b:c': joined by colons, those inside escaped.
CREATE MACRO split_escaped(text) AS
    list_transform(regexp_extract_all(':' || text, ':((?:\\:|[^:])*)', 1), lambda part: replace(part, '\:', ':'));

-- Keys that do not fit their values tell nothing.
CREATE MACRO value_of_key(keys, key_values, name) AS
    CASE WHEN len(split_escaped(keys)) = len(split_escaped(key_values))
        THEN nullif(split_escaped(key_values)[list_position(split_escaped(keys), name)], '') END;

-- groupId of "imageType: BIAS, groupId: 2025-11-02T02:43:28.000, ..."
CREATE MACRO commanded_group(key_value_map) AS
    nullif(regexp_extract(key_value_map, '(?:^|,)\s*groupId:\s*([^,]*)', 1), '');

-- Images -------------------------------------------------------------------------------------------------------------

CREATE VIEW image_telemetry_v AS
SELECT * FROM image_telemetry
QUALIFY row_number() OVER (PARTITION BY image_name ORDER BY sent DESC, seq_num DESC, origin DESC) = 1;

-- For other parts: every image whose startIntegration was read; its integration begins in the night where it is `own`.
-- An image that was given its own id for a group has none.
CREATE TABLE image AS
WITH
    started AS (
        SELECT *, coalesce(acquisition_start, sent) AS begun FROM start_integration
        WHERE exposure_id(image_name) IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY image_name ORDER BY sent, seq_num, origin) = 1
    )
SELECT
    s.image_name AS obs_id,
    instrument_of(s.image_name) AS instrument,
    exposure_id(s.image_name) AS exposure,
    day_obs_of(s.image_name) AS day_obs,
    seq_num_of(s.image_name) AS seq_num,
    camera_of(s.measurement) AS camera,
    s.begun,
    coalesce(s.acquisition_start_tai, s.sent_tai) AS begun_tai,
    t.shutter_closed AS ended,
    t.shutter_closed_tai AS ended_tai,
    nullif(value_of_key(s.keys, s.key_values, 'groupId'), CAST(exposure_id(s.image_name) AS VARCHAR)) AS group_id,
    s.image_index, s.images_in_sequence,
    s.exposure_time,
    value_of_key(s.keys, s.key_values, 'imageType') AS image_type,
    value_of_key(s.keys, s.key_values, 'program') AS program,
    value_of_key(s.keys, s.key_values, 'reason') AS reason,
    nullif(t.emulated_image, '') AS emulated_image,
    coalesce(s.begun >= w.starts AND s.begun < w.ends, true) AS own
FROM started AS s
CROSS JOIN partition_window AS w
LEFT JOIN image_telemetry_v AS t ON t.image_name = s.image_name;

CREATE VIEW own_image AS
SELECT *, EXISTS (FROM end_readout AS r WHERE r.image_name = obs_id) AS was_read_out FROM image WHERE own;

-- There is an image where the camera says that it came to the end of it.
CREATE VIEW raw_image AS
SELECT obs_id, instrument, exposure, group_id FROM own_image
WHERE was_read_out OR EXISTS (FROM image_telemetry AS t WHERE t.image_name = obs_id);

-- A group of one image is told by the record of that image.
CREATE VIEW image_group AS
SELECT r.* FROM raw_image AS r SEMI JOIN (
    SELECT instrument, group_id FROM image GROUP BY instrument, group_id HAVING count(*) > 1
) AS several USING (instrument, group_id);

-- What the camera is made of -----------------------------------------------------------------------------------------

CREATE VIEW focal_plane_told AS
SELECT DISTINCT
    camera_of(measurement) AS camera,
    sent,
    split_escaped(raft_bay) AS bays, split_escaped(ccd_slot) AS slots,
    split_escaped(ccd_name) AS ccds, split_escaped(ccd_serial_number) AS ccd_serials,
    split_escaped(reb_name) AS rebs, split_escaped(reb_serial_number) AS reb_serials,
    split_escaped(raft_name) AS rafts,
    list_sort(list_distinct(split_escaped(sequencer))) AS sequencers,
    list_sort(list_distinct(split_escaped(sequencer_checksum))) AS checksums,
    sha256(to_json([[camera], bays, slots, ccds, ccd_serials, rafts, rebs, reb_serials, sequencers, checksums]))
        AS digest
FROM focal_plane_summary;

-- In force for an image is what its camera told last.
CREATE TABLE image_focal_plane AS
SELECT i.instrument, i.exposure, f.digest, len(f.bays) AS detectors
FROM own_image AS i ASOF JOIN focal_plane_told AS f ON f.camera = i.camera AND f.sent <= i.begun;

CREATE VIEW focal_plane AS
SELECT DISTINCT * EXCLUDE (sent), 'focal plane of ' || camera || ', ' || left(digest, 8) AS label
FROM focal_plane_told WHERE digest IN (SELECT digest FROM image_focal_plane);

-- A list of another length than that of the detectors does not tell which is whose.
CREATE MACRO element(parts, number, count) AS CASE WHEN len(parts) = count THEN nullif(parts[number], '') END;

CREATE VIEW installed_detector AS
SELECT
    digest,
    bays[number] || '_' || slots[number] AS place,
    element(ccds, number, len(bays)) AS ccd, element(ccd_serials, number, len(bays)) AS ccd_serial,
    element(rebs, number, len(bays)) AS reb, element(reb_serials, number, len(bays)) AS reb_serial,
    element(rafts, number, len(bays)) AS raft
FROM focal_plane CROSS JOIN LATERAL unnest(generate_series(1, len(bays))) AS each(number)
WHERE len(bays) = len(slots);

-- What it says of each -----------------------------------------------------------------------------------------------

-- Type and reason are written as Rubin's header translators write them, so that they compare.
CREATE VIEW camera_record AS
WITH detectors AS (
    SELECT image_name, max(len(split_escaped(ccd_location))) AS read
    FROM readout_parameters WHERE ccd_location <> '' GROUP BY image_name
)
SELECT
    i.*,
    t.shutter_opened,
    nullif(d.read, f.detectors) AS detectors_read,
    lower(i.reason) AS observation_reason,
    CASE WHEN lower(i.image_type) IN ('object', 'skyexp') THEN 'science' ELSE lower(i.image_type) END
        AS observation_type,
    CASE WHEN i.images_in_sequence > 1 THEN i.image_index END AS index_of_several,
    CASE WHEN i.images_in_sequence > 1 THEN i.images_in_sequence END AS several
FROM own_image AS i
LEFT JOIN image_telemetry_v AS t ON t.image_name = i.obs_id
LEFT JOIN detectors AS d ON d.image_name = i.obs_id
LEFT JOIN image_focal_plane AS f USING (instrument, exposure);

-- Which command took an image ----------------------------------------------------------------------------------------

CREATE VIEW take_images_v AS
SELECT DISTINCT
    camera_of(measurement) AS camera, sent, sent_tai, seq_num, origin, identity, images,
    commanded_group(key_value_map) AS group_id, nullif(note, '') AS note
FROM take_images;

-- From the answer that a command was accepted (300, 301) to the one that it is over, both by the camera's clock.
-- A process counts the commands of each kind by itself: a number may stand for several, one after the other.
CREATE VIEW carried_out AS
WITH
    answer AS (
        SELECT DISTINCT
            camera_of(measurement) AS camera, command_origin AS origin, command_seq_num AS seq_num, command_type,
            command_identity AS identity, ack IN (300, 301) AS goes_on, sent
        FROM camera_ack
    ),
    accepted AS (
        SELECT *, min(sent) FILTER (NOT goes_on) OVER (
            PARTITION BY camera, origin, seq_num, command_type, identity ORDER BY sent, NOT goes_on
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS finished
        FROM answer
    )
SELECT camera, origin, seq_num, identity, min(sent) AS accepted, finished
FROM accepted WHERE goes_on AND finished IS NOT NULL
GROUP BY camera, origin, seq_num, command_type, identity, finished;

-- `sent` is NULL where the archive has the answers only.
CREATE TABLE answered_command AS
SELECT d.*, c.sent, c.sent_tai, c.group_id, c.note
FROM carried_out AS d LEFT JOIN take_images_v AS c
    ON c.camera = d.camera AND c.origin = d.origin AND c.seq_num = d.seq_num
    AND c.sent BETWEEN d.accepted - clocks_apart() AND d.accepted + clocks_apart();

CREATE VIEW command_by_answer AS
SELECT i.obs_id, d.* EXCLUDE (accepted, finished), i.group_id AS group_of_image, 'command' AS evidence
FROM own_image AS i JOIN answered_command AS d ON d.camera = i.camera AND i.begun BETWEEN d.accepted AND d.finished;

-- An answered command took what lies between its answers, and nothing else.
CREATE VIEW command_by_group AS
SELECT i.obs_id, c.* EXCLUDE (images), CASE WHEN i.group_id IS NULL THEN 'time' ELSE 'group' END AS evidence
FROM own_image AS i
JOIN (FROM take_images_v ANTI JOIN answered_command USING (camera, origin, seq_num, sent)) AS c
    ON c.camera = i.camera AND c.group_id IS NOT DISTINCT FROM i.group_id
    AND c.images >= i.image_index
    AND c.sent <= i.begun + clocks_apart()
    -- Earlier images of the command took their exposure times, and at most a minute each besides.
    AND c.sent >= i.begun - clocks_apart() - (i.image_index - 1) * to_seconds(coalesce(i.exposure_time, 0) + 60)
QUALIFY row_number() OVER (
    PARTITION BY i.obs_id ORDER BY abs(date_diff('microsecond', c.sent, i.begun)), c.sent, c.origin, c.seq_num
) = 1;

-- Best is the command that was being carried out and gives the same group; else the nearest of that group that nothing
-- answered; else the only answers there are, which say who sent a command that the archive does not have.
CREATE TABLE image_command AS
WITH
    found AS (
        SELECT 1 AS rank, * EXCLUDE (group_of_image) FROM command_by_answer
        WHERE sent IS NOT NULL AND group_id IS NOT DISTINCT FROM group_of_image
        UNION ALL BY NAME SELECT 2 AS rank, * FROM command_by_group
        UNION ALL BY NAME SELECT 3 AS rank, * EXCLUDE (group_of_image) FROM command_by_answer
        WHERE sent IS NULL QUALIFY count(*) OVER (PARTITION BY obs_id) = 1
    )
SELECT * EXCLUDE (rank, group_id) FROM found
QUALIFY row_number() OVER (PARTITION BY obs_id ORDER BY rank, sent DESC, origin, seq_num) = 1;

-- Which run of a script sent it --------------------------------------------------------------------------------------

-- The sender's index is used again after a restart of the queue: it is the run that was started last.
CREATE VIEW run_by_identity AS
SELECT c.obs_id, r.queue, r.process_start_tai, r.sal_index
FROM image_command AS c
JOIN own_image AS i USING (obs_id)
JOIN script_run AS r ON c.identity = 'Script:' || r.sal_index
    AND r.process_start <= coalesce(c.sent, i.begun) + clocks_apart()
    AND coalesce(r.process_end >= coalesce(c.sent, i.begun) - clocks_apart(), true)
QUALIFY row_number() OVER (PARTITION BY c.obs_id ORDER BY r.process_start DESC, r.queue) = 1;

-- A script may number the groups that it gives: #1; until 2021, +1.
CREATE TABLE run_by_group AS
SELECT
    i.obs_id, queue, process_start_tai, sal_index,
    coalesce(r.run_start <= i.begun + clocks_apart(), false)
        AND coalesce(r.process_end >= i.begun - clocks_apart(), true) AS running,
    count(*) OVER (PARTITION BY i.obs_id) AS runs
FROM (SELECT obs_id, begun, regexp_replace(group_id, '[#+]\d+$', '') AS group_id FROM own_image) AS i
JOIN (SELECT DISTINCT queue, process_start_tai, sal_index, group_id FROM script_group) AS g USING (group_id)
JOIN script_run AS r USING (queue, process_start_tai, sal_index);

-- Where nothing tells who sent the command, the group decides, if only one run of it was running.
CREATE TABLE image_script AS
WITH
    only_running AS (
        FROM run_by_group WHERE running AND obs_id NOT IN (SELECT obs_id FROM image_command)
        QUALIFY count(*) OVER (PARTITION BY obs_id) = 1
    ),
    chosen AS (
        SELECT *, true AS by_identity FROM run_by_identity
        UNION ALL SELECT obs_id, queue, process_start_tai, sal_index, false FROM only_running
    )
SELECT
    i.obs_id, i.instrument, i.exposure, c.queue, c.process_start_tai, c.sal_index,
    list_filter([
        CASE WHEN g.runs = 1 THEN 'group' END,
        CASE WHEN g.runs > 1 AND g.running THEN 'group-time' END,
        CASE WHEN c.by_identity THEN 'identity' END
    ], lambda evidence: evidence IS NOT NULL) AS evidence
FROM chosen AS c
JOIN own_image AS i USING (obs_id)
LEFT JOIN run_by_group AS g USING (obs_id, queue, process_start_tai, sal_index);

-- Who else sent it ---------------------------------------------------------------------------------------------------

-- An identity that was withheld for privacy is a person's.
CREATE TABLE image_by_hand AS
SELECT
    i.instrument, i.exposure, i.begun, c.*, tai_text(c.sent_tai) AS command_tai,
    person_of(c.identity) AS login, component_of(c.identity) AS component
FROM image_command AS c JOIN own_image AS i USING (obs_id)
WHERE NOT coalesce(regexp_full_match(c.identity, 'Script:\d+'), false);

CREATE VIEW image_start AS FROM image_by_hand WHERE command_tai IS NOT NULL;

-- An image that was played back is of the playlist that its camera was given last.
CREATE VIEW played_back AS
SELECT
    i.instrument, i.exposure, i.begun, p.camera, p.sent, p.seq_num, tai_text(p.sent_tai) AS command_tai,
    person_of(p.identity) AS login, component_of(p.identity) AS component, 'play ' || p.playlist AS command
FROM (SELECT * FROM own_image WHERE emulated_image IS NOT NULL) AS i
ASOF JOIN (SELECT DISTINCT camera_of(measurement) AS camera, * EXCLUDE (time, measurement) FROM play) AS p
    ON p.camera = i.camera AND p.sent <= i.begun + clocks_apart();

-- The sender's clock may be ahead: a request that would come after its image has no time but that of its identifier.
CREATE VIEW image_request AS
SELECT
    * EXCLUDE (begun), command || ' of ' || camera || ', ' || strftime(sent, '%Y-%m-%d %H:%M:%S') || ' UTC' AS label,
    CASE WHEN sent <= begun THEN sent END AS generated
FROM (
    SELECT camera, command_tai, seq_num, sent, login, component, note, 'takeImages' AS command, min(begun) AS begun
    FROM image_start GROUP BY ALL
    UNION ALL
    SELECT camera, command_tai, seq_num, sent, login, component, NULL, command, min(begun) FROM played_back GROUP BY ALL
);

-- What is missing, and what is contradicted --------------------------------------------------------------------------

CREATE VIEW image_gap AS
SELECT
    i.instrument, i.exposure,
    list_filter([
        CASE WHEN h.obs_id IS NOT NULL THEN 'NoScript' WHEN s.obs_id IS NULL THEN 'ScriptUnknown' END,
        CASE WHEN c.obs_id IS NULL THEN 'NoCommand' END,
        CASE WHEN NOT i.was_read_out THEN 'NoEndReadout' END
    ], lambda gap: gap IS NOT NULL) AS gaps
FROM own_image AS i
LEFT JOIN image_command AS c USING (obs_id)
LEFT JOIN image_script AS s USING (obs_id)
LEFT JOIN image_by_hand AS h USING (obs_id);

-- The group names runs of scripts, and something else sent the command.
CREATE VIEW script_disagreement AS
SELECT obs_id, instrument, exposure, group_id, coalesce(person_of(identity), identity, 'a person') AS sender
FROM own_image JOIN image_command USING (obs_id)
WHERE obs_id IN (SELECT obs_id FROM run_by_group) AND obs_id NOT IN (
    SELECT obs_id FROM image_script JOIN run_by_group USING (obs_id, queue, process_start_tai, sal_index)
);

CREATE VIEW script_claim AS
SELECT instrument, exposure, 'camera' AS system, group_id AS said, 'the group of ' || obs_id AS label
FROM script_disagreement
UNION ALL SELECT instrument, exposure, 'command', sender, 'who commanded ' || obs_id FROM script_disagreement;

CREATE VIEW claimed_run AS
SELECT d.instrument, d.exposure, 'camera' AS system, queue, process_start_tai, sal_index
FROM script_disagreement AS d JOIN run_by_group USING (obs_id)
UNION ALL SELECT d.instrument, d.exposure, 'command', queue, process_start_tai, sal_index
FROM script_disagreement AS d JOIN image_script USING (obs_id);
