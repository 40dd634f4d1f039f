"""Compares `aneforge estimate` with measured rows and prints the table: the benchmark of the model.

Every row of measured.tsv that can be told as a document is estimated on the machine it was measured
on. The constants were fitted to these rows; errors of rows left out are printed by fit.py.
"""
import math
import sys

import graphs
import model
from program import call, folder, write

KEYS = {'M1': 'm1', 'M1 Max': 'm1-max', 'M2 Pro': 'm2-pro', 'M4': 'm4', 'M5': 'm5',
        'M5 Pro': 'm5-pro'}


def estimated(rows, keys=KEYS):
    """(row, answer for its machine by @keys) of each that can be told."""
    known = {}
    for row in rows:
        text = graphs.row_graph(row) if row['chip'] in keys else None
        if text is None:
            continue
        key = keys[row['chip']]
        if (text, key) not in known:
            path = write(folder(), 'g.anf', text)
            answer = call('estimate', path, '--target', key, '--json')
            assert answer.code == 0, (row, answer)
            known[text, key] = answer.json[key]
        yield row, known[text, key]


def geo(errors):
    return math.exp(sum(abs(e) for e in errors) / len(errors))


def by_chip(pairs):
    found = {}
    for row, it in pairs:
        found.setdefault(row['chip'], []).append((row, it))
    return found


def error(row, it):
    return math.log(row['us'] / it['us'])


def main():
    verbose = '--all' in sys.argv
    for chip, pairs in by_chip(estimated(model.rows())).items():
        kinds = {}
        for row, it in pairs:
            kinds.setdefault(row['workload'].split(' (')[0], []).append((row, it))
        inside = sum(it['low'] <= row['us'] <= it['high'] for row, it in pairs)
        print('# %s: %d rows, off by a factor of %.3f (geometric mean); %.0f %% within the interval'
              % (chip, len(pairs), geo([error(*p) for p in pairs]), 100 * inside / len(pairs)))
        for kind, some in sorted(kinds.items()):
            errors = [error(*p) for p in some]
            print('#   %-28s %3d rows  %.2f  worst %.2f'
                  % (kind, len(some), geo(errors), math.exp(max(errors, key=abs))))
            for row, it in some if verbose else ():
                print('#     %10.1f us measured, %10.1f estimated (%.1f .. %.1f)  %s'
                      % (row['us'], it['us'], it['low'], it['high'], row['params']))


if __name__ == '__main__':
    main()
