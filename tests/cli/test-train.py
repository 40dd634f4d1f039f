"""train: from a document and data to weights; what is refused; what a killed run loses."""
import gzip
import json
import os
import random
import signal
import struct
import subprocess
import sys
import time

import arrays
import tap
from program import BINARY, document, expect, folder, line, write


def net(where, trainable=True, classes=3):
    more = {'trainable': True} if trainable else {}
    weights = {'a': {'shape': [8, 4], 'init': 'he', 'seed': 1, **more},
               'b': {'shape': [classes, 8], 'init': 'he', 'seed': 2, **more}}
    return document(where, [
        ('input', 'x', None, {'shape': [1, 4]}),
        ('linear', 'h', {'x': 'x'}, None, {'weight': 'a'}),
        ('relu', 'r', {'x': 'h'}),
        ('linear', 'y', {'x': 'r'}, None, {'weight': 'b'})], {'y': 'y'}, weights)


def npz(where, name, members):
    path = os.path.join(where, name)
    arrays.npz(path, members)
    return path


def points(n=96, classes=3):
    """Points around a corner per class."""
    draw = random.Random(7)
    labels = [i % classes for i in range(n)]
    values = [(2 if k == label else 0) + draw.gauss(0, 0.3) for label in labels for k in range(4)]
    return values, labels


def data(where, name='d.npz', n=96, values=None, labels=None, dtype='i8'):
    x, y = points(n)
    return npz(where, name, {'X': arrays.npy('f4', [n, 4], values or x),
                             'y': arrays.npy(dtype, [len(labels or y)], labels or y)})


def test_weights_are_trained():
    """One JSON object, new weights and a document that uses them; the old one stays."""
    where = folder()
    doc = net(where)
    before = open(doc).read()
    answer = expect(0, 'train', doc, '--data', data(where), '--epochs', '12', '--lr', '0.02',
                    '--batch', '8', '--json').json
    assert answer['accuracy'] > 0.95 and answer['steps'] == 144 and answer['skipped'] == 0, answer
    assert len(answer['history']) == 12 and answer['objective'] == 'cross-entropy', answer
    assert os.path.exists(answer['weights']) and open(doc).read() == before
    expect(0, 'run', answer['document'])
    assert json.load(open(answer['document']))['weights']['a']['trainable'] is True
    assert not [f for f in os.listdir(where) if 'checkpoint' in f], os.listdir(where)


def test_options():
    """Optimisers, modes, schedules, clipping, scales and early stop, in any order."""
    where = folder()
    doc, d = net(where), data(where)
    for words in (['--optimizer', 'sgd', '--lr', '0.05'], ['--optimizer', 'adamw'],
                  ['--device-optimizer'], ['--mode', 'resident'], ['--unroll', '4'],
                  ['--mode', 'each', '--clip', '1'], ['--schedule', 'cosine', '--warmup', '5'],
                  ['--loss-scale', '256', '--objective', 'mse'], ['--validation', '0.25']):
        answer = expect(0, 'train', *words, '--epochs', '2', '--data', d, doc, '--json').json
        assert answer['loss'] > 0, (words, answer)
    assert answer['held_out']['samples'] == 24 and answer['samples'] == 72, answer
    answer = expect(0, 'train', doc, '--data', d, '--epochs', '200', '--lr', '3',
                    '--patience', '2', '--json').json
    assert answer['stopped_early'] and answer['epochs'] < 200, answer


def test_weights_alone_and_lines():
    """-o OUT.safetensors writes the weights alone, --log a line of JSON per step."""
    where = folder()
    out, log = os.path.join(where, 'w.safetensors'), os.path.join(where, 'log')
    expect(0, 'train', net(where), '--data', data(where), '--epochs', '1', '-o', out, '--log', log)
    assert os.path.exists(out) and not os.path.exists(os.path.join(where, 'w.anf'))
    steps = [json.loads(text)['step'] for text in open(log)]
    assert steps == [1], steps


def test_other_files():
    """CSV with a header and named classes; IDX files, gzipped; a folder of images."""
    where = folder()
    x, y = points()
    rows = ['a,b,c,d,label'] + ['%g,%g,%g,%g,%s' % (*x[4 * i:4 * i + 4], 'uvw'[k])
                                for i, k in enumerate(y)]
    csv = write(where, 'd.csv', '\n'.join(rows).encode())
    assert expect(0, 'train', net(where), '--data', csv, '--epochs', '1', '--json').json['samples'] \
        == 96
    images = os.path.join(where, 'idx')
    os.mkdir(images)
    pixels = bytes(255 if k == y[i] else 0 for i in range(96) for k in range(4))
    write(images, 'train-images-idx3-ubyte.gz',
          gzip.compress(struct.pack('>IIII', 0x803, 96, 2, 2) + pixels))
    write(images, 'train-labels-idx1-ubyte', struct.pack('>II', 0x801, 96) + bytes(y))
    answer = expect(0, 'train', net(where), '--data', images, '--epochs', '30', '--lr', '0.02',
                    '--batch', '8', '--json').json
    assert answer['accuracy'] == 1, answer
    pictures = os.path.join(where, 'pictures')
    for c in range(3):
        os.makedirs(os.path.join(pictures, 'uvw'[c]))
        for i in range(4):
            write(os.path.join(pictures, 'uvw'[c]), '%d.pgm' % i,
                  b'P5\n2 2\n255\n' + bytes(255 if k == c else i for k in range(4)))
    assert expect(0, 'train', net(where), '--data', pictures, '--json').json['samples'] == 12


def test_what_is_refused():
    """Data that does not fit, or is not there, is one line and exit 2; nothing is written."""
    where = folder()
    x, y = points()
    doc = net(where)
    there = set(os.listdir(where))
    for words, data_file in (
            ('samples', data(where, 'a.npz', labels=y[:50])),
            ('out of range', data(where, 'b.npz', labels=[9] + y[1:])),
            ('NaN', data(where, 'c.npz', values=[float('nan')] + x[1:])),
            ('no class', data(where, 'e.npz', labels=[-1] + y[1:])),
            ('No such file', os.path.join(where, 'none.npz')),
            ('labels', npz(where, 'f.npz', {'X': arrays.npy('f4', [96, 4], x)})),
            ('takes 4', npz(where, 'g.npz', {'X': arrays.npy('f4', [64, 6], x),
                                             'y': arrays.npy('i8', [64], y[:64])})),
            ('empty', npz(where, 'h.npz', {'X': arrays.npy('f4', [0, 4], []),
                                           'y': arrays.npy('i8', [0], [])})),
            ('no number', write(where, 'i.csv', b'1,2,3,4,0\n1,x,3,4,0\n')),
            ('too early', write(where, 'x-images-idx3-ubyte', struct.pack('>IIII', 0x803, 9, 2, 2)))):
        if 'images' in data_file:
            write(where, 'x-labels-idx1-ubyte', struct.pack('>II', 0x801, 9) + bytes(9))
        said = line(expect(2, 'train', doc, '--data', data_file))
        assert words in said, (words, said)
    d = data(where)
    assert 'trainable' in line(expect(2, 'train', net(folder(), False), '--data', d))
    assert '--data' in line(expect(2, 'train', doc))
    for words in (['--lr', '0'], ['--epochs', '0'], ['--batch', '0'], ['--optimizer', 'x'],
                  ['--mode', 'x'], ['--loss-scale', 'x'], ['-o', 'out.txt'], ['--lr', 'nan']):
        expect(2, 'train', doc, '--data', d, *words)
    assert not [f for f in set(os.listdir(where)) - there if 'trained' in f], os.listdir(where)


def test_killed_run_goes_on():
    """Killed at any moment, a run goes on from its last checkpoint and ends with the same bits."""
    where = folder()
    doc, d = net(where), data(where)
    kept, out = os.path.join(where, 'k.safetensors'), os.path.join(where, 'one.safetensors')
    words = [doc, '--data', d, '--epochs', '400', '--batch', '8', '--checkpoint', kept,
             '--checkpoint-every', '100']
    expect(0, 'train', *words, '-o', out)
    os.remove(kept)
    run = subprocess.Popen([BINARY, 'train', *words, '-o', os.path.join(where, 'two.safetensors')],
                           stdout=subprocess.DEVNULL)
    while not os.path.exists(kept) and run.poll() is None:
        time.sleep(0.002)
    run.send_signal(signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL and os.path.exists(kept)
    log = os.path.join(where, 'log')
    expect(0, 'train', *words, '-o', os.path.join(where, 'two.safetensors'), '--resume', '--log', log)
    first = json.loads(open(log).readline())['step']
    assert first % 100 == 1 and first > 1, first
    with open(out, 'rb') as one, open(os.path.join(where, 'two.safetensors'), 'rb') as two:
        assert one.read() == two.read()


sys.exit(tap.run(sys.modules[__name__]))
