#!/bin/sh
# The main job, from nothing: build a real Butler repository and the night in which its exposures were taken, ingest
# both, and ask where things come from. usage: demo.sh FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/ask.sh"
folder=$1
mkdir -p "$folder"
python "$here/build_repository.py" "$folder/repository"
cd "$folder"
export COLUMNS="${COLUMNS:-130}"

rm -rf store night
cp "$here/progenitor.toml" .
coadd="'deepCoadd tract=0 patch=3 band=i run=u/demo/drp'"
flat="'flat detector=1 physical_filter=r_57 run=LSSTCam/calib/demo/flatGen.20251101'"

ask "An empty store" "progenitor init store"
ask "What the Butler repository has recorded" "progenitor ingest butler repository --option graph=repository/submit"
ask "What is this coadd?" "progenitor show $coadd"
ask "Where did it come from?" "progenitor ancestors $coadd --depth 4"
ask "What has come of a flat, over all runs?" "progenitor descendants $flat"

printf '\nThe observatory of the night of these exposures:\n'
python "$here/with_observatory.py" . sh "$here/demo_night.sh"

ask "The provenance of the coadd for a paper" "progenitor export $coadd --output deepCoadd.prov.json"
if command -v dot >/dev/null; then figure=deepCoadd.svg; else figure=deepCoadd.dot; fi
ask "The same as a figure" "progenitor export $coadd --depth 6 --no-context --output $figure"
[ $figure = deepCoadd.svg ] || echo "(graphviz is not installed, so the figure is not drawn)"

printf '\nIn %s: store, deepCoadd.prov.json, %s. Ask more there: cd %s\n' "$folder" "$figure" "$folder"
