#!/bin/sh
# The night of the demo: ingest what the observatory's systems have recorded, and follow a coadd to who asked for its
# exposures. Run in the demo's folder by with_observatory.py, which tells where the systems are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/ask.sh"
queries=$(realpath --relative-to=. "$here/../queries")

coadd="'deepCoadd tract=0 patch=3 band=i run=u/demo/drp'"
exposure="'exposure 2025110100010'"
script="'track_target_and_take_image_lsstcam.py 100001'"

ask "What the systems of the observatory have recorded of the night" \
    "progenitor ingest night 20251101 --efd $EFD --consdb $CONSDB \\
    --exposurelog $EXPOSURELOG --narrativelog $NARRATIVELOG --nightreport $NIGHTREPORT \\
    --jira $JIRA --machine-logs $MACHINE_LOGS --sasquatch $SASQUATCH"
ask "From the coadd to the scripts that took its exposures" "progenitor ancestors $coadd --to script"
ask "At which version and for whom did a script run?" "progenitor ancestors $script"
ask "The same of another coadd, as a table" "progenitor query @$queries/scripts-of-a-coadd.rq"
ask "What is this exposure?" "progenitor show $exposure"
ask "What was in force when it was taken?" "progenitor ancestors $exposure"
ask "What did the observers say of it?" "progenitor query @$queries/flags-of-an-exposure.rq"
ask "What has come of it?" "progenitor descendants $exposure --to deepCoadd"
ask "What else of the night is not to be used?" "progenitor query @$queries/junk-exposures-of-a-night.rq"
ask "What of the night has nobody recorded?" "progenitor query @$queries/gaps-of-a-night.rq"
