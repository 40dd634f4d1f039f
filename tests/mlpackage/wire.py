"""Reads a Core ML package byte by byte, with no library for protobuf, and checks the rules of the
format. Written from the public field numbers alone; shares nothing with the writer."""
import json
import os
import re
import struct

NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_@]*\Z')
BLOB = '@model_path/weights/weight.bin'
# dtype number -> name, bits; the field of TensorValue that holds an immediate of it
TYPES = {1: ('bool', 8, 3), 2: ('string', 0, 4), 10: ('fp16', 16, 7), 11: ('fp32', 32, 1),
         21: ('int8', 8, 7), 22: ('int16', 16, 2), 23: ('int32', 32, 2), 25: ('int4', 4, 7),
         31: ('uint8', 8, 7), 32: ('uint16', 16, 2), 33: ('uint32', 32, 7), 35: ('uint4', 4, 7),
         37: ('uint1', 1, 7)}
# code of a weight record -> dtype
CODES = {1: 'fp16', 2: 'fp32', 3: 'uint8', 4: 'int8', 6: 'int16', 7: 'uint16', 8: 'int4',
         9: 'uint1', 11: 'uint4', 14: 'int32', 15: 'uint32'}
PORTS = {65552: 'fp16', 65568: 'fp32', 131104: 'int32'}
OPSETS = {7: 'CoreML6', 8: 'CoreML7', 9: 'CoreML8'}
# constants this large are weights; before version 9 of these types only
LARGE, OLD_WEIGHTS = 10, ('fp16', 'fp32', 'int8', 'uint8')


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def fields(data):
    """field number -> list of what was there: integers, or bytes."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        else:
            assert kind in (1, 2, 5), 'wire type %d' % kind
            size, at = (8, at) if kind == 1 else (4, at) if kind == 5 else varint(data, at)
            value, at = data[at:at + size], at + size
            assert at <= len(data), 'a field past the end'
        found.setdefault(key >> 3, []).append(value)
    return found


def one(found, number, default=None):
    values = found.get(number, [default])
    assert len(values) == 1, 'field %d is there %d times' % (number, len(values))
    return values[0]


def only(found, *allowed):
    assert set(found) <= set(allowed), 'fields %s' % sorted(set(found) - set(allowed))
    return found


def signed(value, bits=64):
    return value - (1 << 64) if value >> 63 else value


def varints(data):
    values, at = [], 0
    while at < len(data):
        value, at = varint(data, at)
        values.append(signed(value))
    return values


def text(data):
    return data.decode('utf-8')


def entries(found, number):
    """A map: list of (key, value's bytes); keys are unique."""
    pairs = [(text(one(e, 1, b'')), one(e, 2, b''))
             for e in (fields(data) for data in found.get(number, []))]
    assert len({key for key, _ in pairs}) == len(pairs), 'a key twice'
    return pairs


def value_type(data):
    """(dtype, shape) of a tensor."""
    tensor = only(fields(one(only(fields(data), 1), 1)), 1, 2, 3)
    dims = [one(fields(one(only(fields(d), 1), 1)), 1, 0) for d in tensor.get(3, [])]
    assert one(tensor, 2, 0) == len(dims), 'the rank is not the number of dimensions'
    assert all(d > 0 for d in dims), dims
    return TYPES[one(tensor, 1)][0], tuple(dims)


def count(shape):
    n = 1
    for dim in shape:
        n *= dim
    return n


def unpack(dtype, n, data):
    """Numbers from bytes: little endian, elements below a byte from the lowest bit on."""
    letter = {'fp16': 'e', 'fp32': 'f', 'int8': 'b', 'uint8': 'B', 'int16': 'h', 'uint16': 'H',
              'int32': 'i', 'uint32': 'I'}.get(dtype)
    if letter:
        assert len(data) == n * struct.calcsize(letter), (dtype, n, len(data))
        return struct.unpack('<%d%s' % (n, letter), data)
    bits = {'uint4': 4, 'uint1': 1}[dtype]
    assert len(data) == (n * bits + 7) // 8, (dtype, n, len(data))
    whole = int.from_bytes(data, 'little')
    assert whole >> n * bits == 0, 'padding bits are not 0'
    if bits == 4:
        return [v for byte in data for v in (byte & 15, byte >> 4)][:n]
    return [byte >> i & 1 for byte in data for i in range(8)][:n]


class Blob:
    """weight.bin: its records by offset."""

    def __init__(self, data):
        self.records, self.used = {}, set()
        if not data:
            return
        number, version = struct.unpack_from('<II', data)
        assert version == 2 and not any(data[8:64]), 'header'
        at = 64
        for _ in range(number):
            mark, code, size, where, padding = struct.unpack_from('<IIQQQ', data, at)
            assert mark == 0xDEADBEEF and not any(data[at + 32:at + 64]), 'record at %d' % at
            assert where == at + 64 and where + size <= len(data), 'data of record at %d' % at
            self.records[at] = CODES[code], padding, data[where:where + size]
            end, at = where + size, (where + size + 63) & ~63
            assert not any(data[end:at]), 'filling after %d' % end
        assert end == len(data), 'bytes after the last record'

    def read(self, offset, dtype, n):
        found, padding, data = self.records[offset]
        assert found == dtype, (found, dtype)
        bits = next(b for name, b, _ in TYPES.values() if name == dtype)
        assert padding == -n * bits % 8, 'padding bits'
        self.used.add(offset)
        return unpack(dtype, n, data)


class Value:
    """A constant: dtype, shape, numbers or string, and whether it is a weight record."""

    def __init__(self, data, blob, version):
        found = only(fields(data), 2, 3, 5)
        self.dtype, self.shape = value_type(one(found, 2))
        self.stored = 5 in found
        n = count(self.shape)
        assert self.stored != (3 in found)
        large = n >= LARGE and (self.dtype in OLD_WEIGHTS
                                or version >= 9 and self.dtype not in ('bool', 'string'))
        assert self.stored == large, (self.dtype, self.shape)
        if self.stored:
            place = only(fields(one(found, 5)), 1, 2)
            assert text(one(place, 1)) == BLOB
            self.data = blob.read(one(place, 2), self.dtype, n)
            return
        tensor = fields(one(only(fields(one(found, 3)), 1), 1))
        number = next(f for name, _, f in TYPES.values() if name == self.dtype)
        inner = only(fields(one(only(tensor, number), number)), 1)
        if self.dtype == 'string':
            self.data = text(one(inner, 1, b''))
            return
        packed = one(inner, 1, b'')
        self.data = (unpack(self.dtype, n, packed) if number == 7
                     else struct.unpack('<%df' % n, packed) if number == 1 else varints(packed))
        assert len(self.data) == n, (self.dtype, self.shape, len(self.data))


class Operation:
    def __init__(self, data, package):
        found = only(fields(data), 1, 2, 3, 5)
        self.type = text(one(found, 1))
        self.inputs, self.attributes = {}, {}
        for key, argument in entries(found, 2):
            self.inputs[key] = bound = []
            for binding in fields(argument).get(1, []):
                binding = only(fields(binding), 1, 2)
                assert len(binding) == 1, 'a binding is a name or a value'
                bound.append(text(one(binding, 1)) if 1 in binding else
                             Value(one(binding, 2), package.blob, package.version))
            assert len(bound) == 1 or key == 'values' and bound, key
        for key, value in entries(found, 5):
            self.attributes[key] = Value(value, package.blob, package.version)
        self.outputs = [named(data) for data in found[3]]


def named(data):
    found = only(fields(data), 1, 2)
    return (text(one(found, 1)),) + value_type(one(found, 2))


def features(found, number):
    result = []
    for data in found.get(number, []):
        feature = fields(data)
        array = fields(one(only(fields(one(feature, 3)), 5), 5))
        shape = tuple(varints(one(array, 1, b'')))
        result.append((text(one(feature, 1)), PORTS[one(array, 2)], shape))
    return result


def read(*path):
    with open(os.path.join(*path), 'rb') as file:
        return file.read()


class Package:
    """Everything in the folder, every rule checked."""

    def __init__(self, path):
        manifest = json.loads(read(path, 'Manifest.json'))
        assert sorted(manifest) == ['fileFormatVersion', 'itemInfoEntries', 'rootModelIdentifier']
        assert manifest['fileFormatVersion'] == '1.0.0'
        items = {}
        for entry in manifest['itemInfoEntries'].values():
            assert sorted(entry) == ['author', 'description', 'name', 'path']
            assert os.path.exists(os.path.join(path, 'Data', entry['path'])), entry
            items[entry['name']] = os.path.join(path, 'Data', entry['path'])
        root = manifest['itemInfoEntries'][manifest['rootModelIdentifier']]['path']
        assert os.path.join(path, 'Data', root) == items['model.mlmodel']
        self.files = {os.path.relpath(os.path.join(base, name), path)
                      for base, _, names in os.walk(path) for name in names}
        weights = ['weights'] if 'weights' in items else []
        assert self.files == {'Manifest.json', 'Data/' + root} | {
            'Data/com.apple.CoreML/weights/weight.bin' for _ in weights}, self.files
        self.blob = Blob(read(items['weights'], 'weight.bin') if weights else b'')
        self.model(read(items['model.mlmodel']))
        assert self.blob.used == set(self.blob.records), 'a record nobody reads'

    def model(self, data):
        model = only(fields(data), 1, 2, 502)
        self.version = one(model, 1)
        description = only(fields(one(model, 2)), 1, 10, 100)
        program = only(fields(one(model, 502)), 1, 2)
        assert one(program, 1) == 1
        (name, main), = entries(program, 2)
        assert name == 'main'
        main = only(fields(main), 1, 2, 3)
        self.opset = text(one(main, 2))
        assert self.opset == OPSETS[self.version], (self.opset, self.version)
        (key, block), = entries(main, 3)
        assert key == self.opset
        block = only(fields(block), 2, 3)
        self.inputs = [named(data) for data in main.get(1, [])]
        self.operations = [Operation(data, self) for data in block[3]]
        self.values = {}
        for port in self.inputs:
            self.define(*port)
        for operation in self.operations:
            self.check(operation)
        self.outputs = [(name,) + self.values[name] for name in map(text, block[2])]
        assert features(description, 1) == self.inputs
        assert features(description, 10) == self.outputs
        made = {name for name, _, _ in self.inputs}
        assert not made & {name for name, _, _ in self.outputs}, 'an input is an output'

    def define(self, name, dtype, shape):
        assert NAME.match(name), name
        assert name not in self.values, name + ' is assigned twice'
        self.values[name] = dtype, shape

    def check(self, operation):
        for bound in operation.inputs.values():
            for name in bound:
                if isinstance(name, str):
                    assert name in self.values, name + ' is not known yet'
                else:
                    assert operation.type.startswith('constexpr_'), 'a value in place'
        title = operation.attributes['name']
        assert title.dtype == 'string' and title.shape == () and not title.stored
        assert title.data == operation.outputs[0][0]
        if operation.type == 'const':
            assert not operation.inputs and set(operation.attributes) == {'name', 'val'}
            value = operation.attributes['val']
            assert operation.outputs[0][1:] == (value.dtype, value.shape)
        elif not operation.type.startswith('constexpr_'):
            assert set(operation.attributes) == {'name'}, operation.type
        if operation.type in ('add', 'sub', 'mul', 'real_div', 'maximum', 'minimum', 'matmul'):
            kinds = {self.values[operation.inputs[key][0]][0] for key in 'xy'}
            assert len(kinds) == 1, (operation.type, kinds)
        for output in operation.outputs:
            self.define(*output)
