#!/usr/bin/env python3
"""Makes the files of this folder with NumPy and Python's zipfile, that is, not with our writers.

Usage: make-data.py [FOLDER]. Needs NumPy; was run with NumPy 1.24 and Python 3.11. The safetensors
files are put together here from the description of the format.
"""
import io
import json
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np

HERE = Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
FOLDER = HERE if HERE.is_dir() else HERE.parent
INTEGERS = ('int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64')


def extremes(name):
    info = np.iinfo(name)
    return np.array([info.min, 1, info.max], dtype=name)


def grid(*shape, dtype='float32'):
    return np.arange(np.prod(shape), dtype=dtype).reshape(shape)


def npy(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version)
    return out.getvalue()


def write(name, data):
    (FOLDER / name).write_bytes(data)


def npy_files():
    halves = np.array([[0, 1, -2], [0.5, 65504, 2 ** -24]], dtype='float16')
    write('half.npy', npy(halves))
    write('float-v1.npy', npy(grid(2, 3)))
    write('float-v2.npy', npy(grid(2, 3), (2, 0)))
    write('double-v3.npy', npy(np.array([0.1, -1e300]), (3, 0)))
    write('fortran.npy', npy(np.asfortranarray(grid(2, 3, 4))))
    write('big-endian.npy', npy(np.array([[1, -2], [3, 2 ** 30]], dtype='>i4')))
    write('big-fortran.npy', npy(np.asfortranarray(grid(2, 3, dtype='>f8'))))
    write('scalar.npy', npy(np.array(2.5, dtype='float32')))
    write('empty.npy', npy(np.zeros((0, 3), dtype='float32')))
    write('rank9.npy', npy(np.zeros((1,) * 9, dtype='float32')))
    write('complex.npy', npy(np.array([1 + 2j], dtype='complex64')))
    write('text.npy', npy(np.array(['abc'])))
    write('record.npy', npy(np.zeros(2, dtype=[('a', '<f4'), ('b', '<i4')])))


class Stream(io.RawIOBase):
    """Cannot seek: zipfile then writes sizes behind the data and sets bit 3 of the flags."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def seekable(self):
        return False

    def write(self, data):
        self.data += data
        return len(data)


def zip64(name, body):
    """One stored member, all of whose numbers are 64-bit ones, by section 4.3 of APPNOTE.TXT."""
    file = name.encode()
    crc = zipfile.crc32(body)
    sizes = struct.pack('<HHQQ', 1, 16, len(body), len(body))
    local = struct.pack('<IHHHHHIIIHH', 0x04034b50, 45, 0, 0, 0, 33, crc, 0xFFFFFFFF, 0xFFFFFFFF,
                        len(file), len(sizes)) + file + sizes + body
    extra = struct.pack('<HHQQQ', 1, 24, len(body), len(body), 0)
    row = struct.pack('<IHHHHHHIIIHHHHHII', 0x02014b50, 45, 45, 0, 0, 0, 33, crc, 0xFFFFFFFF,
                      0xFFFFFFFF, len(file), len(extra), 0, 0, 0, 0, 0xFFFFFFFF) + file + extra
    end64 = struct.pack('<IQHHIIQQQQ', 0x06064b50, 44, 45, 45, 0, 0, 1, 1, len(row), len(local))
    locator = struct.pack('<IIQI', 0x07064b50, 0, len(local) + len(row), 1)
    end = struct.pack('<IHHHHIIH', 0x06054b50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return local + row + end64 + locator + end


def npz_files():
    arrays = {name: extremes(name) for name in INTEGERS}
    arrays['bool'] = np.array([True, False, True])
    np.savez(FOLDER / 'types.npz', **arrays)
    np.savez_compressed(FOLDER / 'deflated.npz', ramp=grid(10, 100),
                        turned=np.asfortranarray(grid(2, 3, dtype='float64')),
                        empty=np.zeros((3, 0), dtype='float16'))
    stream = Stream()
    with zipfile.ZipFile(stream, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('a.npy', npy(grid(4, 5)))
        archive.writestr('readme.txt', 'not an array')
    write('stream.npz', bytes(stream.data))
    write('zip64.npz', zip64('wide.npy', npy(grid(3, 2))))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, 'w', zipfile.ZIP_BZIP2) as archive:
        archive.writestr('a.npy', npy(grid(4, 5)))
    write('bzip2.npz', packed.getvalue())


def bfloat16(array):
    return (np.asarray(array, dtype='<f4').view('<u4') >> 16).astype('<u2')


def safetensors(tensors, metadata=None):
    """@tensors: name -> (dtype, shape, bytes)."""
    header = {'__metadata__': metadata} if metadata else {}
    body = b''
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {'dtype': dtype, 'shape': list(shape),
                        'data_offsets': [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    return struct.pack('<Q', len(text)) + text + body


def safetensors_files():
    names = {'int8': 'I8', 'int16': 'I16', 'int32': 'I32', 'int64': 'I64', 'uint8': 'U8',
             'uint16': 'U16', 'uint32': 'U32', 'uint64': 'U64'}
    tensors = {'odd': ('U8', (1,), b'\x07')}      # so that what follows is not aligned
    for numpy_name, name in names.items():
        tensors[numpy_name] = (name, (3,), extremes(numpy_name).tobytes())
    tensors['bool'] = ('BOOL', (3,), b'\x01\x00\x01')
    tensors['fp16'] = ('F16', (2, 2), np.array([[1, -2], [0.5, 65504]], '<f2').tobytes())
    tensors['fp32'] = ('F32', (2, 2), np.array([[1, -2], [0.1, 1e30]], '<f4').tobytes())
    tensors['fp64'] = ('F64', (2,), np.array([0.1, -1e300], '<f8').tobytes())
    tensors['bf16'] = ('BF16', (2, 3), bfloat16([1, -2, 0.5, 2 ** 100, 0, 3.140625]).tobytes())
    tensors['scalar'] = ('F32', (), np.float32(2.5).tobytes())
    tensors['empty'] = ('F32', (0, 4), b'')
    write('types.safetensors', safetensors(tensors, {'format': 'pt'}))
    write('fp8.safetensors', safetensors({'q': ('F8_E4M3', (4,), b'\0\1\2\3'),
                                          'w': ('F32', (1,), np.float32(1).tobytes())}))


npy_files()
npz_files()
safetensors_files()
