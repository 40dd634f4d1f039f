#!/bin/sh
# The count at the end of `./studio test` is honest: each case is a log and the line expected of it.
cd "$(dirname "$0")" || exit 1
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
number=0
bad=0

# expect LINE STATUS NAME < LOG
expect ()
{
  cat >"$log"
  number=$((number + 1))
  line=$(python3 tally.py "$log" | tail -n 1)
  python3 tally.py "$log" >/dev/null
  status=$?
  if [ "$line" = "$1" ] && [ "$status" = "$2" ]; then
    echo "ok $number $3"
  else
    echo "not ok $number $3"
    echo "# got: $line, status $status"
    bad=1
  fi
}

echo 1..6
expect '3 passed, 0 failed, 1 skipped' 0 'every TAP point counts by itself' <<'END'
{"name": "a", "result": "OK", "stdout": "1..3\nok 1 /a\nok 2 /b # SKIP no\nok 3 /c\n"}
{"name": "b", "result": "OK"}
END
expect '1 passed, 1 failed' 1 'a failed point is not counted twice' <<'END'
{"name": "a", "result": "ERROR", "returncode": -6, "stdout": "1..3\nok 1 /a\nnot ok 2 /b\n"}
END
expect '1 passed, 1 failed' 1 'a crash after points that passed is a failure' <<'END'
{"name": "a", "result": "ERROR", "returncode": -11, "stdout": "1..3\nok 1 /a\n"}
END
expect '0 passed, 1 failed' 1 'a program without points that fails or hangs is a failure' <<'END'
{"name": "a", "result": "TIMEOUT", "returncode": -9}
END
expect '0 passed, 0 failed, 1 skipped' 1 'skipping everything is not success' <<'END'
{"name": "a", "result": "SKIP", "returncode": 77}
END
expect '0 passed, 0 failed' 1 'running nothing is not success' </dev/null
exit $bad
