-- What ConsDB says of the exposures of a night.

CREATE VIEW consdb_record AS
SELECT
    instrument,
    exposure_id,
    nullif(img_type, '') AS observation_type,
    nullif(observation_reason, '') AS observation_reason,
    nullif(science_program, '') AS science_program,
    nullif(target_name, '') AS target_name,
    nullif(physical_filter, '') AS physical_filter,
    -- A column that is never null: an image without a group has its own id there.
    nullif(nullif(group_id, ''), CAST(exposure_id AS VARCHAR)) AS group_id,
    CASE WHEN max_index > 1 THEN cur_index END AS image_index,
    CASE WHEN max_index > 1 THEN max_index END AS images_in_sequence,
    obs_start,
    obs_end
FROM exposure;

-- A visit that is one exposure and has its number says nothing new.
CREATE VIEW consdb_visit AS
SELECT visit1.instrument, visit1.visit_id, exposure.exposure_id,
    'instrument~' || replace(visit1.instrument, '~', '%7E') || '~visit~' || visit1.visit_id AS data_id
FROM visit1 JOIN exposure USING (instrument, day_obs, seq_num)
QUALIFY visit1.visit_id <> exposure.exposure_id OR count(*) OVER (PARTITION BY visit1.instrument, visit1.visit_id) > 1;

-- Values of the header that have no column: a line key=value for each.
CREATE VIEW consdb_flexdata AS
SELECT
    exposure.instrument,
    exposure.exposure_id,
    string_agg(flexdata.key || '=' || flexdata.value, chr(10) ORDER BY flexdata.key, flexdata.value) AS entries
FROM flexdata JOIN exposure USING (instrument, day_obs, seq_num)
GROUP BY exposure.instrument, exposure.exposure_id;

-- What is known of those keys; only of those that the night has, so that each night says it of its own.
CREATE VIEW consdb_flexdata_key AS
SELECT instrument, key, nullif(dtype, '') AS dtype, nullif(doc, '') AS doc, nullif(unit, '') AS unit
FROM flexdata_key
WHERE (instrument, key) IN (SELECT (instrument, key) FROM flexdata WHERE value IS NOT NULL);
