"""Every golden text is a program by the grammar, and the reader refuses what is none."""
import glob
import os
import struct

from miltext import HEAD, Bad, check

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'golden')
BODY = HEAD + '{\n    func main<ios18>(tensor<fp16, [2, 3]> x) {\n%s    } -> (%s);\n}\n'
RELU = '        tensor<fp16, [2, 3]> y = relu(x = x)[name = string("y")];\n'
WRONG = {
    'an operand before its definition': (RELU.replace('x = x', 'x = z'), 'y'),
    'a name twice': (RELU + RELU, 'y'),
    'a name attribute of another': (RELU.replace('string("y")', 'string("z")'), 'y'),
    'an output that is an input': (RELU, 'x'),
    'an output that is not there': (RELU, 'z'),
    'an unknown operator': (RELU.replace('relu', 'rely'), 'y'),
    'an unknown parameter': (RELU.replace('x = x', 'x = x, q = int32(1)'), 'y'),
    'a missing parameter': (RELU.replace('x = x', ''), 'y'),
    'a wrong shape': (RELU.replace('[2, 3]', '[3, 2]'), 'y'),
    'a wrong dtype': (RELU.replace('fp16', 'fp32'), 'y'),
    'a constant of another type': ('        fp16 k = const()[name = string("k"), '
                                   'val = fp32(0x1p+0)];\n' + RELU, 'y'),
    'an infinity': ('        fp16 k = const()[name = string("k"), val = fp16(inf)];\n' + RELU, 'y'),
    'a float that is no fp16': ('        fp16 k = const()[name = string("k"), '
                                'val = fp16(0x1.001p+0)];\n' + RELU, 'y'),
    'too few numbers': ('        tensor<int32, [2]> k = const()[name = string("k"), '
                        'val = tensor<int32, [2]>([1])];\n' + RELU, 'y'),
    'a truth value at the border': ('        tensor<bool, [2, 3]> y = less(x = x, y = x)'
                                    '[name = string("y")];\n', 'y'),
    'a blob without a record': ('        tensor<fp16, [1]> k = const()[name = string("k"), val = '
                                'tensor<fp16, [1]>(BLOBFILE(path = '
                                'string("@model_path/weights.bin"), offset = uint64(128)))];\n'
                                + RELU, 'y'),
}


def blob():
    record = struct.pack('<IIQQQ', 0xDEADBEEF, 1, 2, 128, 0).ljust(64, b'\0')
    return struct.pack('<II', 1, 2).ljust(64, b'\0') + record + b'\0\0'


def main():
    number = 0

    def point(ok, name, why=''):
        nonlocal number
        number += 1
        print('%s %d - %s%s' % ('ok' if ok else 'not ok', number, name, why), flush=True)

    files = sorted(glob.glob(os.path.join(GOLDEN, '*.mil')))
    print('1..%d' % (len(files) + len(WRONG) + 2))
    point(len(files) > 80, 'there are golden texts')
    for path in files:
        with open(path, encoding='ascii') as f:
            text = f.read()
        try:
            check(text)
            point(True, os.path.basename(path))
        except Bad as bad:
            point(False, os.path.basename(path), ' # ' + str(bad))
    check(BODY % (RELU, 'y'), blob())
    point(True, 'the right program is taken')
    for what, (body, output) in WRONG.items():
        try:
            check(BODY % (body, output), blob())
            point(False, 'takes ' + what)
        except Bad:
            point(True, 'refuses ' + what)


main()
