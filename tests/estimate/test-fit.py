"""The constants of the latency model: reproducible, and good on rows they were not fitted to."""
import math
import os
import sys
import tempfile

import fit
import tap

HERE = os.path.dirname(os.path.abspath(__file__))
RESULT = fit.evaluate()
# Where the project promises it; M1 and M2 Pro stay below, but for their relu rows.
PROMISED = {'M1 Max': 1.25, 'M4': 1.25, 'M5': 1.25, 'M5 Pro': 1.25, 'M5 and M5 Pro': 1.25}


def test_constants():
    """The constants in engine/chip/rates-data.h are those of the fit"""
    known = open(os.path.join(HERE, '..', '..', 'engine', 'chip', 'rates-data.h')).read()
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, 'rates-data.h')
        fit.write_header(path, RESULT)
        assert open(path).read() == known


def test_left_out():
    """Rows left out are off by a factor of 1.25 or less on M1 Max, M4, M5 and M5 Pro"""
    for source, limit in PROMISED.items():
        assert RESULT['chips'][source]['left_out'] <= limit, (source,
                                                              RESULT['chips'][source]['left_out'])


def test_parts_of_both():
    """The rates that M5 and M5 Pro share serve each of them"""
    errors = RESULT['chips']['M5 and M5 Pro']['errors']
    for chip in ('M5', 'M5 Pro'):
        assert fit.geo([e for r, e in errors if r['chip'] == chip]) <= 1.25, chip


def test_outliers():
    """M1 and M2 Pro: without their relu rows they are as good; with them those are off by two"""
    for source in ('M1', 'M2 Pro'):
        errors = RESULT['chips'][source]['errors']
        relu = [e for r, e in errors if 'relu' in r['workload']]
        rest = [e for r, e in errors if 'relu' not in r['workload']]
        assert fit.geo(rest) <= 1.25 and fit.geo(relu) > 2, (source, fit.geo(rest), fit.geo(relu))


def test_intervals():
    """An interval taken from every other row left out holds about 80 % of the rest"""
    held = n = 0
    for source in ('M1 Max', 'M4', 'M5', 'M5 Pro'):
        errors = RESULT['chips'][source]['errors']
        configurations = sorted({fit.configuration(r) for r, _ in errors})
        for parity in (0, 1):
            mine = set(configurations[parity::2])
            low, high = fit.band([e for r, e in errors if fit.configuration(r) in mine])
            rest = [e for r, e in errors if fit.configuration(r) not in mine]
            held += sum(low <= math.exp(e) <= high for e in rest)
            n += len(rest)
    print('# %d of %d: %.0f %%' % (held, n, 100 * held / n))
    assert .72 <= held / n <= .88, held / n


def test_kept_back():
    """Products on M1 Max, which no row of the fit knows, are within 1.25"""
    # Quoted by the package's documentation, N^3 for N = 512 .. 4096; see docs/latency-model.md.
    quoted = {512: 477, 1024: 998, 2048: 4300, 4096: 30100}
    p = RESULT['chips']['M1 Max']['p']
    errors = []
    for n, us in quoted.items():
        work = fit.model.Work(n * n, n * n).linear(n, n, n)
        errors.append(math.log(us / fit.model.predict(work, p, RESULT['inside'])))
    print('# ' + ' '.join('%.2f' % math.exp(e) for e in errors))
    assert fit.geo(errors) <= 1.25, errors


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
