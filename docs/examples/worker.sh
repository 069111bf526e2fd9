#!/bin/sh
# A program that makes a worker of `martlet worker run`: it serves the kinds which `martlet worker
# check` asks for.
#
#   martlet worker run --kind check.echo --kind check.fail --kind check.wait --kind check.stubborn \
#     --kind check.steps --kind check.log --slots 4 -- docs/examples/worker.sh
set -eu

# Says something on the progress descriptor.
tell() { printf '%s\n' "$*" >&"$MARTLET_PROGRESS_FD"; }

# Waits so many seconds, at most until SIGTERM.
pause() {
  sleep "$1" &
  wait $! || true
}

seconds() { awk -v ms="$1" 'BEGIN { printf "%.3f", ms / 1000 }'; }

steps() {
  count=$(cat)
  start=0
  if [ -s "$MARTLET_CHECKPOINT_FILE" ]; then start=$(cat "$MARTLET_CHECKPOINT_FILE"); fi
  stopped=
  trap 'stopped=yes' TERM
  step=$start
  while [ "$step" -lt "$count" ]; do
    pause 0.05
    step=$((step + 1))
    tell "$((100 * step / count)) step $step"
    # Whole or not at all: written beside it, then renamed.
    printf %s "$step" > "$MARTLET_CHECKPOINT_FILE.new"
    mv "$MARTLET_CHECKPOINT_FILE.new" "$MARTLET_CHECKPOINT_FILE"
    tell checkpoint
    # Told to stop and not done: not success, so that another attempt goes on from here.
    if [ -n "$stopped" ] && [ "$step" -lt "$count" ]; then exit 143; fi
  done
  printf %s "$((step - start))"
}

case $MARTLET_KIND in
  check.echo)
    tell "content-type $MARTLET_CONTENT_TYPE"
    cat
    ;;
  check.fail)
    printf 'asked to fail: %s\n' "$(cat)" >&2
    exit 1
    ;;
  check.wait)
    milliseconds=$(cat)
    trap 'printf waited; exit 0' TERM
    pause "$(seconds "${milliseconds:-1000000000}")"
    printf waited
    ;;
  check.stubborn)
    milliseconds=$(cat)
    trap '' TERM
    sleep "$(seconds "$milliseconds")"
    printf 'done'
    ;;
  check.steps) steps ;;
  check.log) tell "log $(cat)" ;;
  *)
    echo "no such kind: $MARTLET_KIND" >&2
    exit 2
    ;;
esac
