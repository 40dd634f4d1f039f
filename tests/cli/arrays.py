"""Arrays in files and the generator of the documents, written from the formats' descriptions."""
import struct
import zipfile

CODES = {'f2': 'e', 'f4': 'f', 'f8': 'd', 'u1': 'B', 'i4': 'i', 'i8': 'q'}


def count(shape):
    n = 1
    for extent in shape:
        n *= extent
    return n


def npy(dtype, shape, values):
    """The bytes of an .npy file, version 1.0, little endian, row-major."""
    mark = '|' if dtype == 'u1' else '<'
    head = "{'descr': '%s%s', 'fortran_order': False, 'shape': (%s), }" % (
        mark, dtype, ''.join('%d, ' % extent for extent in shape))
    head += ' ' * (-(10 + len(head) + 1) % 64) + '\n'
    return (b'\x93NUMPY\x01\x00' + struct.pack('<H', len(head)) + head.encode()
            + struct.pack('<%d%s' % (len(values), CODES[dtype]), *values))


def parse_npy(data):
    """(dtype, shape, values) of an .npy file."""
    assert data[:6] == b'\x93NUMPY', data[:6]
    length, = struct.unpack_from('<H', data, 8)
    head = eval(data[10:10 + length].decode(), {'__builtins__': {}})
    assert not head['fortran_order']
    dtype, shape = head['descr'][1:], head['shape']
    return dtype, list(shape), list(struct.unpack_from('<%d%s' % (count(shape), CODES[dtype]),
                                                       data, 10 + length))


def read_npy(path):
    with open(path, 'rb') as file:
        return parse_npy(file.read())


def npz(path, members):
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(name + '.npy', data)


def uniform(seed, n):
    """n draws of [0, 1): counter-based, with the constants of splitmix64."""
    mask = (1 << 64) - 1
    draws = []
    for k in range(1, n + 1):
        z = (seed + k * 0x9E3779B97F4A7C15) & mask
        z ^= z >> 30
        z = z * 0xBF58476D1CE4E5B9 & mask
        z ^= z >> 27
        z = z * 0x94D049BB133111EB & mask
        z ^= z >> 31
        draws.append((z >> 11) * 2.0 ** -53)
    return draws


def normal(seed, n):
    """n draws of a normal distribution: the sum of four uniform ones."""
    u = uniform(seed, 4 * n)
    return [(((u[i] + u[i + 1]) + u[i + 2]) + u[i + 3] - 2) * 1.7320508075688772
            for i in range(0, 4 * n, 4)]


def half(x):
    """x as the nearest fp16 value."""
    return struct.unpack('<e', struct.pack('<e', x))[0]


def single(x):
    return struct.unpack('<f', struct.pack('<f', x))[0]
