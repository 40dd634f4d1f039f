"""Pictures as inputs: what is fed is what the file holds, and bytes and numbers meet exactly."""
import base64
import json
import math
import os
import struct
import sys
import zlib

sys.path[:0] = [os.path.join(os.path.dirname(__file__), os.pardir, 'cli')]
import tap
from arrays import half, npy, read_npy, single, uniform
from program import document, expect, folder, line, read, write

# Sixteen pixels of one orange, (230, 120, 20), written by Pillow.
JPEG = base64.b64decode(
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYF'
    'BgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoK'
    'CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAEAAQDAREA'
    'AhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAABv/EABQQAQAAAAAAAAAAAAAAAAAAAAD/xAAVAQEB'
    'AAAAAAAAAAAAAAAAAAAICf/EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhEDEQA/AGidZ+P/'
    '2Q==')
WEBP = base64.b64decode(
    'UklGRh4AAABXRUJQVlA4TBEAAAAvA8AAAAdQvJqXov+BiOh/AAA=')
ORANGE = (230, 120, 20)


def png(width, height, pixels, channels=3):
    """pixels: rows of (r, g, b) or (r, g, b, a)."""
    def chunk(kind, data):
        return (struct.pack('>I', len(data)) + kind + data
                + struct.pack('>I', zlib.crc32(kind + data)))
    rows = b''.join(b'\0' + bytes(v for p in row for v in p) for row in pixels)
    return (b'\x89PNG\r\n\x1a\n'
            + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2 if channels == 3 else 6,
                                         0, 0, 0))
            + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def drawn(width, height, seed=0):
    n = iter(uniform(seed, width * height * 3))
    return [[tuple(int(next(n) * 256) for _ in range(3)) for _ in range(width)]
            for _ in range(height)]


def planes(pixels):
    return [p[c] for c in range(3) for row in pixels for p in row]


def taken(node, attrs, path, numerics='fp32', **more):
    """What the input gives on when it is fed the picture."""
    where = folder()
    name = document(where, [(node, 'image', {}, attrs),
                            ('muls', 'y', {'x': 'image'}, {'k': 1.0})], {'y': 'y'}, **more)
    expect(0, 'run', name, '--input', 'image=' + path, '--out', where, '--numerics', numerics,
           '--opt', '0')
    return read_npy(os.path.join(where, 'y.npy'))[2]


def away(x):
    """The nearest fp16 value; of two, that away from zero, as chips from the A16 on round."""
    step = 2.0 ** (max(math.frexp(x)[1], -13) - 11)
    return math.copysign(math.floor(abs(x) / step + 0.5) * step, x)


def test_bytes():
    """Every byte of a picture of the port's size arrives."""
    pixels = drawn(7, 5)
    path = write(folder(), 'a.png', png(7, 5, pixels))
    got = taken('image_input', {'shape': [1, 3, 5, 7], 'scale': 1.0, 'bias': 0.0}, path)
    assert got == planes(pixels)
    got = taken('image_input', {'shape': [1, 5, 7, 3], 'scale': 1.0, 'bias': 0.0}, path)
    assert got == [v for row in pixels for p in row for v in p]


def test_dequantised():
    """An image input's numbers are, bit for bit, those a host makes of the bytes, and what is
    computed from them too."""
    pixels, where = drawn(16, 16), folder()
    scale, bias = [0.0171, 0.0175, 0.01743], [-2.1179, -2.0357, -1.8044]
    path = write(where, 'a.png', png(16, 16, pixels))
    weights = {'w': {'shape': [4, 3, 3, 3], 'init': 'he', 'seed': 3}}
    for numerics, target, last in (('ane', 'h13', half), ('ane', 'h16s', away),
                                   ('fp32', 'h16s', single)):
        keep = single if numerics == 'fp32' else half
        host = [last(single(single(v * keep(scale[i // 256])) + keep(bias[i // 256])))
                for i, v in enumerate(planes(pixels))]
        array = write(where, 'a.npy', npy('f4', [1, 3, 16, 16], host))
        outputs = []
        for node, attrs, fed in (
                ('image_input', {'shape': [1, 3, 16, 16], 'scale': scale, 'bias': bias}, path),
                ('input', {'shape': [1, 3, 16, 16]}, array)):
            there = folder()
            name = document(there, [(node, 'image', {}, attrs),
                                    ('conv', 'c', {'x': 'image'}, {}, {'weight': 'w'}),
                                    ('muls', 'y', {'x': 'image'}, {'k': 1.0})],
                            {'c': 'c', 'y': 'y'}, weights)
            expect(0, 'run', name, '--input', 'image=' + fed, '--out', there, '--numerics',
                   numerics, '--target', target)
            outputs.append([read(os.path.join(there, o + '.npy')) for o in ('c', 'y')])
        assert outputs[0] == outputs[1], numerics


def test_numbers():
    """Numbers go from 0 to 1, less mean and divided by std where the document says so."""
    pixels, where = drawn(4, 4), folder()
    path = write(where, 'a.png', png(4, 4, pixels))
    got = taken('input', {'shape': [1, 3, 4, 4]}, path)
    assert got == [single(v / 255) for v in planes(pixels)]
    name = document(where, [('input', 'image', {}, {'shape': [1, 3, 4, 4]}),
                            ('muls', 'y', {'x': 'image'}, {'k': 1.0})], {'y': 'y'})
    with open(name) as file:
        root = json.load(file)
    mean, std = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    root['nodes'][0].update(mean=mean, std=std)
    write(where, 'g.anf', json.dumps(root))
    expect(0, 'run', name, '--input', 'image=' + path, '--out', where, '--numerics', 'fp32')
    got = read_npy(os.path.join(where, 'y.npy'))[2]
    wanted = [single((v / 255 - mean[i // 16]) / std[i // 16])
              for i, v in enumerate(planes(pixels))]
    assert max(abs(a - b) for a, b in zip(got, wanted)) < 1e-6


def test_grey():
    """A port of one channel takes the luma."""
    pixels = drawn(6, 6)
    path = write(folder(), 'a.png', png(6, 6, pixels))
    got = taken('image_input', {'shape': [1, 1, 6, 6], 'scale': 1.0, 'bias': 0.0}, path)
    for value, p in zip(got, [p for row in pixels for p in row]):
        assert value == int(0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2] + 0.5), (value, p)


def test_cut():
    """A wider picture loses its sides, a higher one its ends; it is scaled, not stretched."""
    colour = {0: (255, 0, 0), 1: (0, 200, 0), 2: (0, 0, 255)}
    wide = [[colour[x // 8] for x in range(24)] for _ in range(8)]
    path = write(folder(), 'a.png', png(24, 8, wide))
    for n in (8, 4, 16):
        got = taken('image_input', {'shape': [1, 3, n, n], 'scale': 1.0, 'bias': 0.0}, path)
        inner = [got[c * n * n + (n // 2) * n + n // 2] for c in range(3)]
        assert inner == [0, 200, 0], (n, inner)
    high = [list(column) for column in zip(*wide)]
    path = write(folder(), 'a.png', png(8, 24, high))
    assert taken('image_input', {'shape': [1, 3, 8, 8], 'scale': 1.0, 'bias': 0.0},
                 path) == [v for v in (0, 200, 0) for _ in range(64)]


def test_clear():
    """What shines through is white."""
    pixels = [[(10, 20, 30, 0), (10, 20, 30, 255)]] * 2
    path = write(folder(), 'a.png', png(2, 2, pixels, 4))
    got = taken('image_input', {'shape': [1, 3, 2, 2], 'scale': 1.0, 'bias': 0.0}, path)
    assert got == [255, 10, 255, 10, 255, 20, 255, 20, 255, 30, 255, 30]


def test_formats():
    """JPEG and WebP are read, whatever the case of their ending."""
    for name, data in (('a.jpg', JPEG), ('a.JPEG', JPEG), ('a.webp', WEBP)):
        path = write(folder(), name, data)
        got = taken('image_input', {'shape': [1, 3, 4, 4], 'scale': 1.0, 'bias': 0.0}, path)
        for i, v in enumerate(got):
            assert abs(v - ORANGE[i // 16]) <= 3, (name, got)


def test_wrong():
    """What is no picture, and what takes none, is told of in one line."""
    where = folder()
    name = document(where, [('input', 'image', {}, {'shape': [1, 3, 4, 4]}),
                            ('input', 'flat', {}, {'shape': [5, 7, 2, 5]}),
                            ('muls', 'y', {'x': 'image'}, {'k': 1.0}),
                            ('muls', 'z', {'x': 'flat'}, {'k': 1.0})], {'y': 'y', 'z': 'z'})
    good = png(4, 4, drawn(4, 4))
    path = write(where, 'a.png', good)
    expect(0, 'run', name, '--input', 'image=' + path, '--random', '1')
    assert 'flat' in line(expect(2, 'run', name, '--input', 'flat=' + path, '--random', '1'))
    assert 'nobody' in line(expect(2, 'run', name, '--input', 'nobody=' + path, '--random', '1'))
    os.mkfifo(os.path.join(where, 'pipe.png'))
    for bad in ('text.png', 'short.png', 'none.png', 'pipe.png'):
        if bad == 'text.png':
            write(where, bad, 'words')
        if bad == 'short.png':
            write(where, bad, good[:len(good) - 30])
        said = line(expect(2, 'run', name, '--input', 'image=' + os.path.join(where, bad),
                           '--random', '1'))
        assert bad in said, said


if __name__ == '__main__':
    sys.exit(tap.run(sys.modules[__name__]))
