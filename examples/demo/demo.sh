#!/bin/sh
# The main job, from nothing: build a real Butler repository, ingest it, and ask it. usage: demo.sh FOLDER
set -eu
folder=$1
mkdir -p "$folder"
python "$(dirname "$0")/build_repository.py" "$folder/repository"
cd "$folder"
export COLUMNS="${COLUMNS:-120}"

ask() {
    printf '\n\033[1m$ %s\033[0m\n' "$*"
    eval "$@"
}

rm -rf store progenitor.toml
coadd="'deepCoadd tract=0 patch=3 band=i run=u/demo/drp'"

ask progenitor init store
ask progenitor ingest butler repository
ask progenitor show "$coadd"
ask progenitor ancestors "$coadd" --depth 6
ask progenitor descendants "'flat detector=1 run=LSSTCam/calib/flat/epoch1'"
ask progenitor export "$coadd" --output deepCoadd.prov.json
ask progenitor export "$coadd" --depth 6 --no-context --output deepCoadd.svg
printf '\nIn %s: the store, deepCoadd.prov.json (PROV-JSON) and deepCoadd.svg (a figure).\n' "$folder"
