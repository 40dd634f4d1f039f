"""bench.py --program ANEFORGE [NETWORK...] - the CPU device beside other CPU runtimes, the same networks in one
go.

All sides run in turns, so that whatever else the machine does falls on all. Prints median and spread
(10th to 90th percentile) in ms for one and two threads, and the ratio of the medians to the quickest
peer; below 1 the CPU device is the quicker one. Outputs are compared first. With --json FILE the
table is added to a file as one line of JSON, so that it grows to a history. Needs onnx, onnxruntime
and numpy; openvino is a second peer where it is there."""
import argparse
import datetime
import json
import sys
import tempfile

import numpy as np

import own
import peers
from bench_tools import found_peers, processor
from networks import NETWORKS

ROUNDS = 5
SECONDS = 1.0               # of one side in one round, about
ENCODINGS = {'matvec-4096': ('fp16', 'int8', 'int4', 'blockwise')}


def compare(program, name, documents, folder, threads, encoding, names):
    path, other = documents
    shape = NETWORKS[name]()[0].shape
    x = np.random.default_rng(1).standard_normal(shape).astype(np.float16).astype(np.float32)
    sides = {peer: peers.PEERS[peer](other, threads) for peer in names}
    want = sides[names[0]].output(x)
    got = own.output(program, path, x, folder)
    distance = np.linalg.norm(got - want) / np.linalg.norm(want)
    runs = int(min(1000, max(5, SECONDS / (peers.times(sides[names[0]], x, 3)[0] / 1e3))))
    ours, theirs = [], {peer: [] for peer in names}
    for _ in range(ROUNDS):
        ours.append(own.times(program, path, threads, runs, encoding))
        for peer in names:
            theirs[peer].append(peers.times(sides[peer], x, runs))
    # The quietest round of each side; its spread stands beside it.
    best = {peer: min(times) for peer, times in theirs.items()}
    return {'network': name, 'encoding': encoding, 'threads': threads, 'n': runs * ROUNDS,
            'own_ms': min(ours), 'peers_ms': best, 'distance': float(distance),
            'ratio': min(ours)[0] / min(times[0] for times in best.values())}


def print_row(row, names):
    def side(times):
        return '%10.3f (%.3f to %.3f)' % tuple(times)
    print('%-16s %-9s %d %5d %30s %s %6.2f %9.1e' % (
        row['network'], row['encoding'], row['threads'], row['n'], side(row['own_ms']),
        ' '.join('%30s' % side(row['peers_ms'][name]) for name in names), row['ratio'],
        row['distance']), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('--program', required=True, help='aneforge')
    parser.add_argument('networks', nargs='*', default=list(NETWORKS))
    parser.add_argument('--json', help='add the table to this file')
    args = parser.parse_args()
    unknown = set(args.networks) - set(NETWORKS)
    if unknown:
        sys.exit('bench.py: unknown: %s; there are %s' % (', '.join(unknown), ', '.join(NETWORKS)))
    names, rows = found_peers(), []
    print(processor())
    print('%-16s %-9s %s %5s %30s %s %6s %9s' % (
        'network', 'weights', 't', 'n', 'CPU device, ms',
        ' '.join('%30s' % (name + ' fp32, ms') for name in names), 'ratio', 'distance'))
    with tempfile.TemporaryDirectory() as folder:
        for name in args.networks:
            net, output = NETWORKS[name]()
            documents = net.save(folder, output)
            for encoding in ENCODINGS.get(name, ('fp16',)):
                for threads in (1, 2):
                    rows.append(compare(args.program, name, documents, folder, threads, encoding,
                                        names))
                    print_row(rows[-1], names)
    for threads in (1, 2):
        ratios = [row['ratio'] for row in rows if row['threads'] == threads]
        print('geometric mean of the ratios, %d thread%s: %.2f'
              % (threads, 's'[:threads - 1], np.exp(np.mean(np.log(ratios)))))
    if args.json:
        stamp = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')
        with open(args.json, 'a', encoding='utf-8') as file:
            file.write(json.dumps({'time': stamp, 'processor': processor(), 'rows': rows}) + '\n')


main()
