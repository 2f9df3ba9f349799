#!/bin/sh
# Lagoon. With a verb (up, topic, produce ...) the command line; without one the window.
app=/opt/Lagoon
# So that a command that the screens offer works where it is pasted.
export LAGOON_CLI=lagoon

cli() {
  export ELECTRON_RUN_AS_NODE=1
  # The runtime's own warnings are about its version, not about what was asked.
  exec "$app/lagoon" --disable-warning=ExperimentalWarning "$app/resources/app.asar/out/main/cli.js" "$@"
}

case "${1-}" in
  -h | --help | -V | --version | [!-]*) cli "$@" ;;
esac

unset ELECTRON_RUN_AS_NODE
if [ "$(id -u)" = 0 ]; then
  echo 'lagoon: Chromium does not run its sandbox as root, so the window runs without it. Start Lagoon as a user to have it.' >&2
  exec "$app/lagoon" --no-sandbox "$@"
fi
exec "$app/lagoon" "$@"
