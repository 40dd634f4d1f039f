"""Loads packages with coremltools, the reader that Apple's own tools are built on: every operator's
parameters and types are inferred anew from what is in the package and compared with what it says.
Skipped (77) where coremltools is not installed; run by hand, it speaks of each package."""
import logging
import os
import sys
import warnings

logging.disable(logging.CRITICAL)
warnings.filterwarnings('ignore')
try:
    from coremltools.converters.mil.frontend.milproto.load import load
    from coremltools.converters.mil.mil import types
    from coremltools.libmodelpackage import ModelPackage
    from coremltools.proto import Model_pb2
except ImportError as missing:
    print('skipped, for coremltools is not installed: %s' % missing)
    sys.exit(77)

from documents import (DIGITS, ENCODER, ENCODINGS, bridges, cases, export, loose, ported, refused,
                       sparse)
from program import folder

TARGETS = 'h13', 'h16s'
REFUSED = {'bridge_topk, h13': 'topk runs on no chip of this family'}
PORTS = {65552: 'fp16', 65568: 'fp32', 131104: 'int32'}
VALUES = {1: 'bool', 2: 'string', 10: 'fp16', 11: 'fp32', 21: 'int8', 23: 'int32', 31: 'uint8',
          33: 'uint32', 35: 'uint4', 37: 'uint1'}


def declared(message):
    """name -> (number of the dtype, shape) of every value, as the package says."""
    found = {}
    function = message.mlProgram.functions['main']
    block = function.block_specializations[function.opset]
    for operation in block.operations:
        for output in operation.outputs:
            tensor = output.type.tensorType
            shape = tuple(d.constant.size for d in tensor.dimensions)
            found[output.name] = VALUES[tensor.dataType], shape
    return found


def examine(path):
    model = Model_pb2.Model()
    root = ModelPackage(path).getRootModel().path()
    where = os.path.dirname(root)
    with open(root, 'rb') as file:
        model.ParseFromString(file.read())
    program = load(model, specification_version=model.specificationVersion,
                   file_weights_dir=os.path.join(where, 'weights'))
    said = declared(model)
    function = program.functions['main']
    seen = 0
    for operation in function.operations:
        for output in operation.outputs:
            if output.name in said:
                found = types.builtin_to_string(output.dtype), tuple(output.shape or ())
                assert found == said[output.name], (output.name, found, said[output.name])
                seen += 1
    assert seen > 0, 'no operation'
    for feature, ports in ((model.description.input, list(function.inputs.values())),
                           (model.description.output, function.outputs)):
        assert [f.name for f in feature] == [p.name for p in ports]
        for one, port in zip(feature, ports):
            array = one.type.multiArrayType
            assert tuple(array.shape) == tuple(port.shape), one.name
            assert PORTS[array.dataType] == types.builtin_to_string(port.dtype), one.name
    return model.specificationVersion, seen


def main():
    made = [('%s, %s' % (name, encoding), document, ('--compress', encoding))
            for name, document in (('digits', loose(DIGITS)), ('encoder', loose(ENCODER)),
                                   ('sparse', sparse()), ('sparse in version 9', sparse(True)))
            for encoding in ENCODINGS]
    made += [('bridges', bridges(), ()), ('ports', ported(), ())]
    made += [('%s, %s' % (name, target), path, ('--target', target))
             for target in TARGETS for name, path in cases()]
    print('1..%d' % len(made))
    failed = 0
    for number, (name, document, words) in enumerate(made, 1):
        try:
            reason = refused.get(name.split(', ')[0]) or REFUSED.get(name)
            if reason:
                print('ok %d - %s # SKIP %s' % (number, name, reason), flush=True)
                continue
            version, seen = examine(export(document, folder(), *words))
            print('ok %d - %s: version %d, %d values' % (number, name, version, seen), flush=True)
        except Exception as problem:
            failed += 1
            print('not ok %d - %s' % (number, name))
            for line in ('%s: %s' % (type(problem).__name__, problem)).splitlines():
                print('# ' + line, flush=True)
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
