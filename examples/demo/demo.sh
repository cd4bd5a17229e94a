#!/bin/sh
# The main job, from nothing: build a real Butler repository, ingest it, and ask it. usage: demo.sh FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
mkdir -p "$folder"
python "$here/build_repository.py" "$folder/repository"
cd "$folder"
export COLUMNS="${COLUMNS:-130}"

ask() {
    printf '\n\033[1m$ %s\033[0m\n' "$*"
    eval "$@"
}

rm -rf store progenitor.toml
coadd="'deepCoadd tract=0 patch=3 band=i run=u/demo/drp'"
flat="'flat detector=1 physical_filter=r_57 run=LSSTCam/calib/demo/flatGen.20251101'"

ask progenitor init store
ask progenitor ingest butler repository --option graph=repository/submit
ask progenitor show "$coadd"
ask progenitor ancestors "$coadd" --depth 4
ask progenitor descendants "$flat"
ask progenitor export "$coadd" --output deepCoadd.prov.json
if command -v dot >/dev/null; then
    ask progenitor export "$coadd" --depth 6 --no-context --output deepCoadd.svg
    figure=deepCoadd.svg
else
    ask progenitor export "$coadd" --depth 6 --no-context --output deepCoadd.dot
    figure="deepCoadd.dot (graphviz is not installed, so the figure is not drawn)"
fi
printf '\nIn %s: store, deepCoadd.prov.json and %s. Ask more there: cd %s\n' "$folder" "$figure" "$folder"
