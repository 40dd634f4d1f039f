"""load.py --program ANEFORGE [NETWORK...] - from a file to the first result: time and memory beside others.

Of the CPU device a whole process is timed that reads the document, compiles it for one thread, runs
it once and ends; of a peer only what loads the model and runs it once, with its library in memory
already. Memory is the most that the process has had: less what a document of one operator takes, and
what the peer's process had before. Prints medians of n processes, taken in turns, with the extremes."""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

import own
from bench_tools import found_peers
from networks import NETWORKS

ROUNDS = 7
CHOICE = ('minilm-encoder', 'resnet-18', 'resnet-50', 'mobilenet-v2', 'mnist-mlp')


def one_operator(folder):
    path = os.path.join(folder, 'one.anf')
    with open(path, 'w', encoding='utf-8') as file:
        json.dump({'aneforge': 1, 'nodes': [
            {'id': 1, 'op': 'input', 'name': 'x', 'attrs': {'shape': [1, 16]}},
            {'id': 2, 'op': 'relu', 'name': 'y', 'in': {'x': 'x'}}], 'outputs': {'y': 'y'}}, file)
    x = os.path.join(folder, 'one.npy')
    np.save(x, np.zeros((1, 16), np.float32))
    return path, x


def peer_process(name, model, x):
    here = os.path.dirname(os.path.abspath(__file__))
    found = subprocess.run([sys.executable, os.path.join(here, 'peers.py'), name, model, x],
                           check=True, capture_output=True)
    found = json.loads(found.stdout)
    return found['ms'], found['kib']


def measure(program, name, folder, names):
    net, output = NETWORKS[name]()
    path, model = net.save(folder, output)
    x = os.path.join(folder, 'load.npy')
    np.save(x, np.random.default_rng(1).standard_normal(net.shape).astype(np.float32))
    floor = own.process(program, *one_operator(folder))[1]
    taken = {'CPU device': []} | {peer: [] for peer in names}
    for _ in range(ROUNDS):
        ms, kib = own.process(program, path, x)
        taken['CPU device'].append((ms, kib - floor))
        for peer in names:
            taken[peer].append(peer_process(peer, model, x))
    for side, values in taken.items():
        ms, kib = zip(*values)
        print('%-16s %-12s %2d %9.1f (%.1f to %.1f) %9.1f (%.1f to %.1f)' % (
            name, side, ROUNDS, np.median(ms), min(ms), max(ms), np.median(kib) / 1024,
            min(kib) / 1024, max(kib) / 1024), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n', maxsplit=1)[0])
    parser.add_argument('--program', required=True, help='aneforge')
    parser.add_argument('networks', nargs='*', default=list(CHOICE))
    args = parser.parse_args()
    print('%-16s %-12s %2s %26s %26s' % ('network', 'side', 'n', 'file to result, ms',
                                         'memory, MiB'))
    with tempfile.TemporaryDirectory() as folder:
        for name in args.networks:
            measure(args.program, name, folder, found_peers())


main()
