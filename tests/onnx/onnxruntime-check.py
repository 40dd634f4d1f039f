"""Exported models, read by programs that share nothing with the writer: the ONNX project's checker,
and onnxruntime, whose results are compared with the fp32 profile. Every row's sample and every graph
of ../cases. Skipped (77) where onnx, onnxruntime or numpy are not installed.

    onnxruntime-check.py TEST-WRITE"""
import os
import subprocess
import sys

try:
    import numpy
    import onnx
    import onnxruntime
except ImportError as missing:
    print('skipped, for it is not installed: %s' % missing)
    sys.exit(77)

from documents import DIGITS, ENCODER, cases
from program import folder

LIMIT = 1e-4                       # relative to the largest number of the output, or to 1
# Graphs that are none; what Core ML has not, ONNX has.
NONE = {'rank6_error', 'too_big_all'}


def examine(stem):
    """The largest difference of an output."""
    onnx.checker.check_model(stem + '.onnx', full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(stem + '.onnx', options,
                                           providers=['CPUExecutionProvider'])
    given, want = numpy.load(stem + '.in.npz'), numpy.load(stem + '.out.npz')
    names = [output.name for output in session.get_outputs()]
    assert sorted(names) == sorted(want.files), (names, want.files)
    got = session.run(names, {name: given[name] for name in given.files})
    worst = 0
    for name, value in zip(names, got):
        value = value.astype(numpy.float64)
        right = want[name].astype(numpy.float64)
        assert value.shape == right.shape, (name, value.shape, right.shape)
        assert (numpy.isnan(value) == numpy.isnan(right)).all(), name
        finite = numpy.isfinite(right)
        assert (value[~finite & ~numpy.isnan(right)] == right[~finite & ~numpy.isnan(right)]).all()
        scale = max(1, abs(right[finite]).max(initial=0))
        worst = max(worst, abs(value - right)[finite].max(initial=0) / scale)
    return worst


def main():
    where = folder()
    made = [('digits', DIGITS), ('encoder', ENCODER)]
    made += [(name, path) for name, path in cases(NONE) if path]
    subprocess.run([sys.argv[1], '--dump', where] + ['%s=%s' % one for one in made], check=True)
    stems = sorted(name[:-5] for name in os.listdir(where) if name.endswith('.onnx'))
    print('1..%d' % len(stems))
    failed = 0
    for number, stem in enumerate(stems, 1):
        try:
            worst = examine(os.path.join(where, stem))
            assert worst <= LIMIT, 'differs by %.2g' % worst
            print('ok %d - %s: %.1e' % (number, stem, worst), flush=True)
        except Exception as problem:
            failed += 1
            print('not ok %d - %s' % (number, stem))
            for line in ('%s: %s' % (type(problem).__name__, problem)).splitlines():
                print('# ' + line, flush=True)
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
