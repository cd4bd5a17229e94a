-- What exposures and people are called, whichever system names them. Times in identifiers are TAI, as their system has it.

-- MC_O_20251101_000123: camera, controller, observing day, sequence number.
CREATE MACRO obs_id_parts(obs_id) AS
    regexp_extract(obs_id, '^(MC|CC|AT)_([A-Z])_(\d{8})_(\d{6})$', ['camera', 'controller', 'day_obs', 'seq_num']);

CREATE MACRO instrument_of(obs_id) AS
    CASE obs_id_parts(obs_id).camera WHEN 'MC' THEN 'LSSTCam' WHEN 'CC' THEN 'LSSTComCam' WHEN 'AT' THEN 'LATISS' END;

CREATE MACRO day_obs_of(obs_id) AS TRY_CAST(obs_id_parts(obs_id).day_obs AS BIGINT);

CREATE MACRO seq_num_of(obs_id) AS TRY_CAST(obs_id_parts(obs_id).seq_num AS BIGINT);

-- Each controller but O counts for itself, a thousand years later each; C shares the numbers of O since 2023-10-05 (the
-- exposure ids of Rubin's header translators).
CREATE MACRO exposure_id(obs_id) AS
    (day_obs_of(obs_id)
        + CASE WHEN obs_id_parts(obs_id).controller = 'C' AND day_obs_of(obs_id) > 20231004 THEN 0
            ELSE (nullif(strpos('OCHPQS', obs_id_parts(obs_id).controller), 0) - 1) * 10000000 END
    ) * 100000 + seq_num_of(obs_id);

-- SAL writes people as user@host; everything else is a component, CSC or CSC:index.
CREATE MACRO is_person(identity) AS contains(identity, '@');

CREATE MACRO login_of(identity) AS split_part(identity, '@', 1);

-- Seconds since 1970 by a TAI clock, as identifiers have them: 2025-11-02T02:40:56.968989
CREATE MACRO tai_text(seconds) AS
    strftime(make_timestamp(CAST(round(seconds * 1e6) AS BIGINT)), '%Y-%m-%dT%H:%M:%S.%f');
