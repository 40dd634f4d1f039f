"""bench.py ANEFORGE [NETWORK...] - the CPU device beside onnxruntime, the same networks in one go.

Both sides run in turns, so that whatever else the machine does falls on both. Prints median and
spread (10th to 90th percentile) in ms for one and two threads, and the ratio of the medians; below
1 the CPU device is the quicker one. Outputs are compared first. With --json FILE the table is added
to a file as one line of JSON. Needs onnx, onnxruntime and numpy."""
import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime

from networks import NETWORKS

ROUNDS = 5
SECONDS = 1.0               # of one side in one round, about
ENCODINGS = {'matvec-4096': ('fp16', 'int8', 'int4', 'blockwise')}


def own_output(program, path, x, folder):
    np.save(os.path.join(folder, 'x.npy'), x)
    subprocess.run([program, 'run', path, '--input', 'x=' + os.path.join(folder, 'x.npy'), '--out',
                    folder], check=True, stdout=subprocess.DEVNULL)
    return np.load(os.path.join(folder, 'y.npy'))


def own_times(program, path, threads, runs, encoding):
    """Median and spread of the runs, in ms."""
    out = subprocess.run([program, 'profile', path, '--json', '--threads', str(threads), '--runs',
                          str(runs), '--compress', encoding], check=True, capture_output=True)
    found = json.loads(out.stdout)
    return [found[key] / 1e3 for key in ('median_us', 'p10_us', 'p90_us')]


class Peer:
    def __init__(self, path, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        begin = time.perf_counter()
        self.session = onnxruntime.InferenceSession(path, options,
                                                    providers=['CPUExecutionProvider'])
        self.load = time.perf_counter() - begin

    def output(self, x):
        return self.session.run(None, {'x': x})[0]

    def times(self, x, runs):
        taken = []
        for _ in range(5 + runs):
            begin = time.perf_counter()
            self.output(x)
            taken.append(1e3 * (time.perf_counter() - begin))
        return list(np.quantile(taken[5:], (0.5, 0.1, 0.9)))


def compare(program, name, own, other, folder, threads, encoding):
    shape = NETWORKS[name]()[0].shape
    x = np.random.default_rng(1).standard_normal(shape).astype(np.float16).astype(np.float32)
    peer = Peer(other, threads)
    want = peer.output(x)
    got = own_output(program, own, x, folder)
    distance = np.linalg.norm(got - want) / np.linalg.norm(want)
    runs = int(min(1000, max(5, SECONDS / (peer.times(x, 3)[0] / 1e3))))
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(own_times(program, own, threads, runs, encoding))
        theirs.append(peer.times(x, runs))
    # The quietest round of each side; its spread stands beside it.
    a, b = min(ours), min(theirs)
    return {'network': name, 'encoding': encoding, 'threads': threads, 'n': runs * ROUNDS,
            'own_ms': a, 'onnxruntime_ms': b, 'ratio': a[0] / b[0], 'distance': float(distance)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('program')
    parser.add_argument('networks', nargs='*', default=list(NETWORKS))
    parser.add_argument('--json', help='add the table to this file')
    args = parser.parse_args()
    unknown = set(args.networks) - set(NETWORKS)
    if unknown:
        sys.exit('bench.py: unknown: %s; there are %s' % (', '.join(unknown), ', '.join(NETWORKS)))
    rows = []
    print('onnxruntime %s, %s' % (onnxruntime.__version__, platform.processor() or 'processor'))
    print('%-16s %-9s %s %5s %27s %27s %7s %9s' % ('network', 'weights', 't', 'n', 'CPU device, ms',
                                                   'onnxruntime fp32, ms', 'ratio', 'distance'))
    with tempfile.TemporaryDirectory() as folder:
        for name in args.networks:
            net, output = NETWORKS[name]()
            own, other = net.save(folder, output)
            for encoding in ENCODINGS.get(name, ('fp16',)):
                for threads in (1, 2):
                    row = compare(args.program, name, own, other, folder, threads, encoding)
                    rows.append(row)
                    print('%-16s %-9s %d %5d %27s %27s %7.2f %9.1e' % (
                        name, encoding, threads, row['n'],
                        '%.3f (%.3f to %.3f)' % tuple(row['own_ms']),
                        '%.3f (%.3f to %.3f)' % tuple(row['onnxruntime_ms']), row['ratio'],
                        row['distance']), flush=True)
    print('geometric mean of the ratios: %.2f' % np.exp(np.mean([np.log(r['ratio'])
                                                                 for r in rows])))
    if args.json:
        stamp = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')
        with open(args.json, 'a', encoding='utf-8') as file:
            file.write(json.dumps({'time': stamp, 'machine': platform.machine(),
                                   'onnxruntime': onnxruntime.__version__, 'rows': rows}) + '\n')


main()
