"""Our messages beside the ONNX project's own file, as Debian's libonnx-dev installs it: what a field is
called, its number, its type, and whether it repeats. Enumerations are plain integers in ours. Fields
and messages that came after that version must not have a number it uses otherwise."""
import os
import re
import sys

THEIRS = '/usr/include/onnx/onnx.proto'
NEWER = {('FunctionProto', 'attribute_proto'), ('NodeProto', 'metadata_props')}    # 1.13, 1.16


def messages_of(path):
    """{message: {field: (number, type, repeats)}}, inner messages by their own name."""
    with open(path) as file:
        text = re.sub(r'//[^\n]*|/\*.*?\*/', '', file.read(), flags=re.S)
    enums = set(re.findall(r'\benum\s+(\w+)', text))
    found, stack = {}, []
    pattern = (r'\b(message|enum|oneof)\s+(\w+)\s*\{|(\})|'
               r'\b(?:(optional|repeated|required)\s+)?([\w.]+)\s+(\w+)\s*=\s*(\d+)\s*(?:\[[^\]]*\])?;')
    for kind, name, close, label, type_, field, number in re.findall(pattern, text):
        if kind:
            stack.append((kind, name))
            if kind == 'message':
                found.setdefault(name, {})
        elif close:
            stack.pop()
        elif stack and stack[-1][0] != 'enum' and type_:
            inside = [n for k, n in stack if k == 'message'][-1]
            type_ = type_.split('.')[-1]
            found[inside][field] = (int(number), 'int32' if type_ in enums else type_,
                                    label == 'repeated')
    return found


def differences(ours, theirs):
    for message, fields in ours.items():
        if message not in theirs:
            yield f'{message} is no message of theirs'
            continue
        numbers = {number: name for name, (number, _, _) in theirs[message].items()}
        for name, field in fields.items():
            known = theirs[message].get(name)
            if known is None and (message, name) in NEWER and field[0] not in numbers:
                continue
            if known != field:
                yield f'{message}.{name} is {field}, theirs is {known}'


def main():
    ours = messages_of(sys.argv[1])
    print('1..2')
    if not os.path.exists(THEIRS):
        print(f'ok 1 # SKIP {THEIRS} (libonnx-dev) is not installed')
        print(f'ok 2 # SKIP {THEIRS} (libonnx-dev) is not installed')
        return 0
    theirs = messages_of(THEIRS)
    bad = list(differences(ours, theirs))
    for line in bad:
        print('#', line)
    print('not ' * bool(bad) + f'ok 1 - {sum(map(len, ours.values()))} fields are those of ONNX')
    # The comparison itself sees a wrong number, and a wrong type.
    spoilt = {**ours, 'TensorProto': {**ours['TensorProto'], 'raw_data': (10, 'bytes', False),
                                      'dims': (1, 'int32', True)}}
    seen = len(list(differences(spoilt, theirs))) == len(bad) + 2
    print('not ' * (not seen) + 'ok 2 - a wrong number and a wrong type would be seen')
    return bool(bad) or not seen


sys.exit(main())
