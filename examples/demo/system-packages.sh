#!/bin/sh
# Install Debian packages that are missing, where this account may; otherwise say what will be done without.
# usage: system-packages.sh PACKAGE...
set -u
missing=""
for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing$missing"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing; } >/dev/null 2>&1 && exit 0
fi
echo "not installed:$missing (what needs it is left out; install with: sudo apt-get install$missing)"
[ "${CI:-}" = true ] && exit 1
exit 0
