#!/bin/sh
# on-screen.sh COMMAND... - with a display, a session bus and home folders of its own. What the bus
# and its services say of themselves is not shown.
set -eu

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM
mkdir -m 700 "$scratch/run"
mkdir -p "$scratch/config/gtk-4.0"
# Without an age limit: GTK 4.8 loses a date each time it applies it to the recent files, and the
# leak check would count that. Without animations: what is read and clicked has come to rest.
cat >"$scratch/config/gtk-4.0/settings.ini" <<'END'
[Settings]
gtk-recent-files-max-age=-1
gtk-enable-animations=false
END
status=0
env -u DISPLAY -u WAYLAND_DISPLAY -u GTK_THEME -u GTK_MODULES -u GTK_PATH -u XDG_CURRENT_DESKTOP \
  -u AT_SPI_BUS_ADDRESS XDG_RUNTIME_DIR="$scratch/run" XDG_CONFIG_HOME="$scratch/config" \
  XDG_DATA_HOME="$scratch/data" XDG_CACHE_HOME="$scratch/cache" XDG_STATE_HOME="$scratch/state" \
  GDK_BACKEND=x11 GDK_DEBUG=gl-disable GSK_RENDERER=cairo GSETTINGS_BACKEND=memory \
  GIO_USE_VFS=local GTK_USE_PORTAL=0 LC_ALL=C.UTF-8 \
  dbus-run-session -- sh -c 'exec xvfb-run -a -s "$0" "$@" >&3 2>&4' \
  '-screen 0 1440x900x24 -nolisten tcp -noreset' "$@" 3>&1 4>&2 >/dev/null 2>&1 || status=$?
exit "$status"
