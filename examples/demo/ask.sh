# Sourced by the demo's scripts.

# ask QUESTION COMMAND: print both, the command as it would be typed, and run it.
ask() {
    if [ -t 1 ]; then printf '\n# %s\n\033[1m$ %s\033[0m\n' "$1" "$2"; else printf '\n# %s\n$ %s\n' "$1" "$2"; fi
    eval "$2"
}
