"""Fits the constants of engine/chip/rates-data.h to measured.tsv, and tells how good they are.

Usage: fit.py [--header engine/chip/rates-data.h]

Per chip: robust least squares of ln (measured / predicted) over the logarithms of a few physical
parameters (Huber, 0.25), by Levenberg-Marquardt; every error told is of rows left out, all repeats
of a configuration together. Needs nothing but Python.
"""
import argparse
import json
import math
import re

import model

CHIPS = ('M1', 'M1 Max', 'M2 Pro', 'M4', 'M5', 'M5 Pro')
START = {'floor': 100, 'read': 15, 'write': 10, 'weight': 80, 'reload': 100, 'peak': 20,
         'softmax': .2, 'layer_norm': .85, 'rms_norm': 1.9, 'group_norm': .1}
HUBER = 0.25


def solve(a, b):
    """Gauss with pivoting; a is small."""
    n = len(b)
    m = [row[:] + [b[i]] for i, row in enumerate(a)]
    for i in range(n):
        p = max(range(i, n), key=lambda r: abs(m[r][i]))
        m[i], m[p] = m[p], m[i]
        for r in range(i + 1, n):
            f = m[r][i] / m[i][i]
            for c in range(i, n + 1):
                m[r][c] -= f * m[i][c]
    x = [0.0] * n
    for i in reversed(range(n)):
        x[i] = (m[i][n] - sum(m[i][c] * x[c] for c in range(i + 1, n))) / m[i][i]
    return x


def fit(samples, free, start, inside, folds, prior):
    """@samples: (work, us, weight). Parameters that no row speaks of stay at @start: a weak prior
    of one decade per unit holds them."""
    p = dict(start)

    def residuals(p):
        return [math.log(us / model.predict(work, p, inside, folds)) for work, us, _ in samples]

    def loss(r, p):
        total = 0
        for e, (_, _, w) in zip(r, samples):
            e = abs(e)
            total += w * (e * e / 2 if e < HUBER else HUBER * (e - HUBER / 2))
        return total + sum(prior * math.log(p[n] / start[n]) ** 2 / 2 for n in free)

    damp, r = 1e-2, residuals(p)
    now = loss(r, p)
    for _ in range(60):
        jac = []
        for name in free:
            q = dict(p)
            q[name] *= 1.001
            jac.append([(b - a) / math.log(1.001) for a, b in zip(r, residuals(q))])
        w = [s[2] * min(1, HUBER / max(abs(e), 1e-9)) for e, s in zip(r, samples)]
        k = len(free)
        a = [[sum(wi * x * y for wi, x, y in zip(w, jac[i], jac[j])) for j in range(k)]
             for i in range(k)]
        g = [sum(wi * x * e for wi, x, e in zip(w, jac[i], r)) for i in range(k)]
        for i, name in enumerate(free):
            a[i][i] += prior
            g[i] += prior * math.log(p[name] / start[name])
        moved = False
        while damp < 1e6:
            b = [[a[i][j] + (damp * (a[i][i] + 1e-9) if i == j else 0) for j in range(k)]
                 for i in range(k)]
            step = solve(b, [-x for x in g])
            q = dict(p)
            for name, s in zip(free, step):
                q[name] *= math.exp(max(-1, min(1, s)))
            e = residuals(q)
            then = loss(e, q)
            if then < now:
                moved = now - then > 1e-7
                p, r, now, damp = q, e, then, damp / 3
                break
            damp *= 4
        if not moved:
            break
    return p


def geo(errors):
    return math.exp(sum(abs(e) for e in errors) / len(errors)) if errors else float('nan')


# ---------------------------------------------------------------- what is fitted to what

# Where no row of the chip speaks of a norm: layer_norm as on M4 and M5; rms_norm from the rows
# "rms_norm vit" of an M1 and an M2 whose die is not stated.
OWN_START = {'M1': {'rms_norm': 7}, 'M1 Max': {'rms_norm': 7}, 'M2 Pro': {'rms_norm': 6}}
FOLDS = {'M5 Pro': ('int8',)}      # 1x4096x4096: 309 us as fp16 and as int8; the others gain
PRIOR = 0.02
# h17s, which the package says of the M5, stands for both: they have as many cores of one clock.
SOURCES = {'M1': ['M1'], 'M1 Max': ['M1 Max'], 'M2 Pro': ['M2 Pro'], 'M4': ['M4'], 'M5': ['M5'],
           'M5 Pro': ['M5 Pro'], 'M5 and M5 Pro': ['M5', 'M5 Pro']}
# Chains that are no guide: what they computed is not told well enough to rebuild them.
UNEXPLAINED = ('encoder_block', 'vit_b16', 'ViT')


def samples_of(rows):
    """Short measurements count half; of several chips, each counts as much as the others."""
    weights = [.5 if r['short'] else 1.0 for r in rows]
    total = {}
    for r, w in zip(rows, weights):
        total[r['chip']] = total.get(r['chip'], 0) + w
    most = max(total.values())
    return [(r['work'], r['us'], w * most / total[r['chip']]) for r, w in zip(rows, weights)]


def fit_rows(source, rows, inside):
    free = [n for n in model.NAMES
            if not n.endswith('_norm') or any(r['work'].elements[n] for r in rows)]
    start = dict(START, **OWN_START.get(source, {}))
    return fit(samples_of(rows), free, start, inside, FOLDS.get(source, ()), PRIOR)


def error(row, p, source, inside):
    return math.log(row['us'] / model.predict(row['work'], p, inside, FOLDS.get(source, ())))


def configuration(row):
    return row['device'], row['workload'], json.dumps(row['params'], sort_keys=True)


def cross_validate(source, rows, inside):
    """(row, error) of every row, predicted without any row of its configuration."""
    left = []
    for c in sorted({configuration(r) for r in rows}):
        p = fit_rows(source, [r for r in rows if configuration(r) != c], inside)
        left += [(r, error(r, p, source, inside)) for r in rows if configuration(r) == c]
    return left


def quantile(values, q):
    values = sorted(values)
    at = q * (len(values) - 1)
    i = min(int(at), len(values) - 2)
    return values[i] + (at - i) * (values[i + 1] - values[i])


def fit_inside(chains, fitted):
    """GB/s of what does not stay inside the engine. Few rows speak of it: a coarse grid."""
    def loss(inside):
        return sum(min(abs(error(r, fitted[r['chip']], r['chip'], inside)), 1) for r in chains)
    return min((30, 40, 50, 60, 70, 80, 100, 120, 150, 200, 250), key=loss)


# ---------------------------------------------------------------- from one chip to another

def scaled(p, cores, clock, operating):
    """The rates of a die with so many times the cores, effective clock and operating clock."""
    q = dict(p, floor=p['floor'] / operating)
    for name in ('read', 'write', 'weight', 'reload'):
        q[name] = p[name] * cores
    q['peak'] = p['peak'] * cores * clock
    for name in model.NAMES[6:]:
        q[name] = p[name] / (cores * clock)
    return q


# (measured, predicted from): cores, effective and operating clock of their curves.
CURVE = {'M1': (4, 1142.4, 1142.4), 'M1 Max': (8, 1171.2, 1171.2), 'M2 Pro': (4, 1157.21, 1550.4),
         'M4': (16, 1411.44, 1891.2), 'M5': (16, 1411.44, 1891.2), 'M5 Pro': (16, 1411.44, 1891.2)}
CROSS = (('M1', 'M1 Max'), ('M1 Max', 'M1'), ('M2 Pro', 'M1'), ('M4', 'M5'), ('M5', 'M4'),
         ('M5 Pro', 'M4'))


def cross_chip(by_chip, fitted, inside):
    found = {}
    for to, source in CROSS:
        ratio = [a / b for a, b in zip(CURVE[to], CURVE[source])]
        p = scaled(fitted[source], *ratio)
        found[to, source] = [error(r, p, source, inside) for r in by_chip[to]]
    return found


# ---------------------------------------------------------------- bridges

def bridge_work(workload):
    """What the points of a bridge are told apart by: the package's measures."""
    n = [float(x) for x in re.findall(r'(?<![a-z])\d+', workload)]
    op = workload.split()[0]
    if op == 'sdpa':
        return n[0] * n[1] ** 2 * n[2]
    if op in ('cross_product', 'dynamic_slice'):
        return 1
    if op == 'cost_volume':
        return (n[1] + 1) * n[0]
    if op == 'input_view':
        return n[1]
    if op in ('fps', 'radius_search'):
        return n[0] * n[1]
    if op == 'cross_correlation':
        return math.prod(float(x) for x in re.findall(r'\d+', workload))
    listed = re.search(r'\[(.*)\]', workload)
    return math.prod(float(x) for x in listed.group(1).split(',')) if listed else n[0]


# How the work of a node is found; the names are those of engine/chip/rates.h.
HOW = {'sdpa': 'ATTENTION', 'cross_correlation': 'BOTH_INPUTS', 'cost_volume': 'OUTPUT',
       'fps': 'ROWS', 'radius_search': 'OUTPUT', 'input_view': 'OUTPUT',
       'cross_product': 'ONE', 'dynamic_slice': 'ONE'}


def bridges(rows):
    points = {}
    for r in rows:
        if r['device'] == 'bridge':
            op = r['workload'].split()[0]
            points.setdefault(op, []).append((bridge_work(r['workload']), r['us']))
    return {op: even_out(sorted(p, key=lambda point: point[0]))
            for op, p in sorted(points.items())}


def even_out(points):
    """(work, us, us that never falls with work: least squares by pooling neighbours)."""
    pools = []
    for work, us in points:
        pools.append([us, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, n), (b, m) = pools[-2:]
            pools[-2:] = [[(a * n + b * m) / (n + m), n + m]]
    smooth = [us for us, n in pools for _ in range(n)]
    return [(work, us, s) for (work, us), s in zip(points, smooth)]


# ---------------------------------------------------------------- what is written

KEYS = {'M1': 'm1', 'M1 Max': 'm1-max', 'M2 Pro': 'm2-pro', 'M4': 'm4', 'M5': 'm5',
        'M5 Pro': 'm5-pro', 'M5 and M5 Pro': 'm5-both'}
IRREGULAR = ('M1', 'M2 Pro')


def band(errors):
    """The 80 % interval of measured / predicted; it holds the prediction itself."""
    return (min(math.exp(quantile(errors, .1)), .99), max(math.exp(quantile(errors, .9)), 1.01))


def write_header(path, result):
    with open(path, 'w') as out:
        out.write('/* rates-data.h - constants of the latency model, per measured machine.\n'
                  ' * Written by tests/estimate/fit.py from tests/estimate/measured.tsv: '
                  'measurements\n * contributed to the aneforge 0.4.0 package (MIT). */\n'
                  '#pragma once\n\n')
        out.write('#define INSIDE %g           /* GB/s of values that do not stay inside */\n\n'
                  % result['inside'])
        out.write('/* Measured / predicted, 10th and 90th percentile, of a chip told from '
                  'another\'s rates. */\n')
        out.write('static const double across[2] = { %.3f, %.3f };\n\n' % result['across'])
        out.write('static const AnfRates measured[] = {\n')
        for source, c in result['chips'].items():
            p = c['p']
            out.write('  /* %d rows, %d configurations */\n' % (c['n'], c['configurations']))
            out.write('  { .key = "%s", .title = "%s", .error = %.3f,\n'
                      % (KEYS[source], source, c['left_out']))
            out.write('    .floor = %.4g, .read = %.4g, .write = %.4g, .weight = %.4g, '
                      '.reload = %.4g,\n' % tuple(p[n] for n in model.NAMES[:5]))
            out.write('    .peak = %.4g, .element = { %s },\n'
                      % (p['peak'], ', '.join('%.4g' % p[n] for n in model.NAMES[6:])))
            out.write('    .single = { %.3f, %.3f }, .chain = { %.3f, %.3f }%s },\n'
                      % (*c['single'], *c['chain'],
                         ', .folds = 1 << ANF_INT8' if source in FOLDS else ''))
        out.write('};\n\n/* M5 Pro, through the package: ops it starts a process for take tens '
                  'of milliseconds. */\nstatic const AnfBridgeRate bridges[] = {\n')
        for op, points in result['bridges'].items():
            out.write('  { "%s", ANF_WORK_%s, %d,\n    {' % (op, HOW.get(op, 'INPUT'), len(points)))
            for i, point in enumerate(points):
                out.write('%s{ %.10g, %.10g, %.6g }%s' % (' ' if i % 2 or i == 0 else
                          '\n      ', *point, ',' if i + 1 < len(points) else ''))
            out.write(' } },\n')
        out.write('};\n')


def print_table(result):
    print('| chip | rows | configurations | in sample | left out | 80 % of single operators | '
          '80 % of chains |\n|---|---|---|---|---|---|---|')
    for source, c in result['chips'].items():
        print('| %s | %d | %d | %.3f | **%.3f** | %.2f .. %.2f | %.2f .. %.2f |'
              % (source, c['n'], c['configurations'], c['in_sample'], c['left_out'],
                 *c['single'], *c['chain']))
    print('\n| chip | workload | rows | left out |\n|---|---|---|---|')
    for source, c in result['chips'].items():
        kinds = {}
        for r, e in c['errors']:
            kinds.setdefault(r['workload'].split(' (')[0].split(':')[0 if 'op:' in r['workload']
                             else -1], []).append(e)
        for kind, e in sorted(kinds.items()):
            print('| %s | %s | %d | %.2f |' % (source, kind, len(e), geo(e)))
    print('\nChains, by the rates of single operators (measured / predicted):')
    for r, e in result['chain_errors']:
        print('  %-9s %-45s %10.1f us  %.2f' % (r['chip'], r['workload'][:36] + ' '
              + ('B=%s' % r['params']['B'] if 'B' in r['params'] else ''), r['us'], math.exp(e)))
    print('\nFrom one chip to another:')
    for (to, source), e in result['cross'].items():
        print('  %-7s from %-7s %.2f  (%.2f .. %.2f)' % (to, source, geo(e), *band(e)))
    print('inside %g GB/s; across chips %.2f .. %.2f' % (result['inside'], *result['across']))


def evaluate():
    everything = list(model.rows())
    for r in everything:
        r['work'] = model.work_of(r)
    rows = [r for r in everything if r['work'] is not None]
    by_chip = {c: [r for r in rows if r['chip'] == c and not r['work'].chain] for c in CHIPS}
    fitted = {c: fit_rows(c, by_chip[c], 60) for c in CHIPS}
    told = [r for r in rows if r['work'].chain]
    regular = [r for r in told if r['chip'] in CHIPS and r['chip'] not in IRREGULAR]
    inside = fit_inside([r for r in regular if not r['workload'].startswith(UNEXPLAINED)], fitted)
    stand_in = {'M1 family': 'M1', 'M2 family': 'M2 Pro'}
    chain_errors = []
    for r in told:
        source = stand_in.get(r['chip'], r['chip'])
        chain_errors.append((r, error(r, fitted[source], source, inside)))
    groups = {True: [], False: []}
    for r, e in chain_errors:
        if r['workload'] != 'encoder_block':
            groups[r['chip'] in IRREGULAR + ('M1 family', 'M2 family')].append(e)
    chips = {}
    for source, parts in SOURCES.items():
        mine = [r for c in parts for r in by_chip[c]]
        left = cross_validate(source, mine, inside)
        p = fit_rows(source, mine, inside)
        chips[source] = {
            'p': p, 'n': len(mine), 'configurations': len({configuration(r) for r in mine}),
            'in_sample': geo([error(r, p, source, inside) for r in mine]), 'errors': left,
            'left_out': geo([e for _, e in left]), 'single': band([e for _, e in left]),
            'chain': band(groups[source in IRREGULAR])}
    cross = cross_chip(by_chip, fitted, inside)
    return {'chips': chips, 'inside': inside, 'cross': cross, 'chain_errors': chain_errors,
            'across': band([e for errors in cross.values() for e in errors]),
            'bridges': bridges(everything)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--header', help='write the C constants here')
    arguments = parser.parse_args()
    result = evaluate()
    print_table(result)
    if arguments.header:
        write_header(arguments.header, result)


if __name__ == '__main__':
    main()
