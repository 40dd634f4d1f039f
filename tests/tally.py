"""Counts what `meson test` ran: every TAP point by itself, any other program as one.

Usage: tally.py TESTLOG.json. The last line printed is "N passed, N failed[, N skipped]"; the exit
status is 1 if anything failed or nothing ran. A program that crashed, timed out or stopped before
its plan was through counts as a failure even if all of its points so far had passed.
"""
import json
import re
import sys

WHY = 20            # lines shown of what a failed point said
POINT = re.compile(r'^(not )?ok\b[^#]*(#\s*(skip|todo))?', re.IGNORECASE)


def count(test):
    """(passed, failed, skipped) of one program of the log."""
    passed = failed = skipped = 0
    said = []                               # TAP tells why before it tells what
    for line in (test.get('stdout') or '').splitlines():
        point = POINT.match(line)
        if point is None:
            said.append(line)
            continue
        if point.group(3):
            skipped += 1
        elif point.group(1):
            failed += 1
            print('failed: %s: %s' % (test['name'], line))
            print(''.join('  %s\n' % words for words in said[-WHY:]), end='')
        else:
            passed += 1
        said = []
    if test['result'] in ('OK', 'EXPECTEDFAIL'):
        if passed + failed + skipped == 0:
            passed = 1
    elif test['result'] == 'SKIP':
        if passed + failed + skipped == 0:
            skipped = 1
    elif failed == 0:
        failed = 1
        print('failed: %s: %s, exit status %s' % (test['name'], test['result'].lower(),
                                                 test.get('returncode')))
    return passed, failed, skipped


def main():
    try:
        with open(sys.argv[1], encoding='utf-8', errors='replace') as log:
            tests = [json.loads(line) for line in log if line.strip()]
    except OSError:
        print('no test was run')
        tests = []
    passed, failed, skipped = (sum(column) for column in zip((0, 0, 0), *map(count, tests)))
    print('%d passed, %d failed' % (passed, failed) + (', %d skipped' % skipped if skipped else ''))
    return 1 if failed or not passed else 0


sys.exit(main())
