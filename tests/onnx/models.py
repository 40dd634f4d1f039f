"""models.py ANEFORGE FOLDER [NAME...] - whole ONNX models beside what onnxruntime gave for them.

FOLDER has a manifest.json: a list of models, each with "name", "file", "ref" (an npz with
caseK/in/NAME and caseK/out/NAME), "shapes_to_fix" and "fp16_storage_error" (per output and case,
what rounding to fp16 alone costs). Every case of every model is run; the limit of the relative L2
error is the larger of 5e-3 and twice that cost. Prints a table; exit 1 if a case is over its limit
or not finite. With --numerics fp32 the reference profile is held to 1e-4 instead."""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

FLOOR, EXACT = 5e-3, 1e-4


def clean(name):
    """What the reader makes of a name of the model."""
    name = name.lstrip('/')
    safe = ''.join(c if c.isascii() and c.isalnum() else '_' for c in name)
    return '_' + safe if not safe or safe[0].isdigit() else safe


def imported(program, model, shapes, document):
    command = [program, 'import', model, '-o', document]
    for name, shape in shapes.items():
        command += ['--shape', name + '=' + ','.join(map(str, shape))]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, (done.stderr + done.stdout).strip()


def outputs_of(program, document, inputs, numerics, folder):
    """By the names of the document."""
    command = [program, 'run', document, '--out', folder, '--numerics', numerics]
    for name, array in inputs.items():
        path = os.path.join(folder, 'in-' + clean(name) + '.npy')
        kind = {'b': np.uint8, 'i': np.int32, 'u': np.int32}.get(array.dtype.kind, np.float32)
        np.save(path, array.astype(np.uint8 if array.dtype == np.uint8 else kind))
        command += ['--input', clean(name) + '=' + path]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError((done.stderr + done.stdout).strip())
    return lambda name: np.load(os.path.join(folder, clean(name) + '.npy'))


def error_of(got, want):
    """Relative L2 in double, or None where a number is not finite or there is another count."""
    if got.size != want.size or not np.isfinite(got).all():
        return None
    got, want = got.ravel().astype(np.float64), want.ravel().astype(np.float64)
    scale = np.linalg.norm(want)
    return np.linalg.norm(got - want) / scale if scale > 0 else np.linalg.norm(got)


def limit_of(model, output, case, numerics):
    if numerics == 'fp32':
        return EXACT
    for cost in model.get('fp16_storage_error', []):
        if cost['output'] == output and cost['case'] == case and cost['finite']:
            return max(FLOOR, 2 * cost['rel_l2'])
    return FLOOR


def cases_of(path):
    """{case: ({input: array}, {output: array})}"""
    cases = {}
    with np.load(path) as arrays:
        for key in arrays.files:
            case, side, name = key.split('/', 2)
            cases.setdefault(int(case[4:]), ({}, {}))[side == 'out'][name] = arrays[key]
    return cases


def rows_of(program, folder, model, numerics):
    with tempfile.TemporaryDirectory(prefix='aneforge-models-') as scratch:
        document = os.path.join(scratch, 'model.anf')
        code, words = imported(program, os.path.join(folder, model['file']),
                               model['shapes_to_fix'], document)
        if code != 0:
            yield '-', '-', None, FLOOR, words
            return
        for case, (inputs, wanted) in sorted(cases_of(os.path.join(folder, model['ref'])).items()):
            try:
                got = outputs_of(program, document, inputs, numerics, scratch)
            except RuntimeError as failure:
                yield case, '-', None, FLOOR, str(failure)
                continue
            for name, want in wanted.items():
                yield (case, name, error_of(got(name), want),
                       limit_of(model, name, case, numerics), '')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', 1)[0])
    parser.add_argument('program')
    parser.add_argument('folder')
    parser.add_argument('names', nargs='*')
    parser.add_argument('--numerics', default='ane', choices=['ane', 'ane-lanes', 'fp32'])
    options = parser.parse_args()
    with open(os.path.join(options.folder, 'manifest.json')) as file:
        models = json.load(file)
    bad = 0

    print(f'{"model":26}{"case":>5}  {"output":34}{"error":>10}{"limit":>10}')
    for model in models:
        if options.names and model['name'] not in options.names:
            continue
        for case, name, error, limit, words in rows_of(options.program, options.folder, model,
                                                       options.numerics):
            good = error is not None and error <= limit
            bad += not good
            print(f'{model["name"]:26}{case:>5}  {name:34}'
                  f'{"-" if error is None else f"{error:.2e}":>10}{limit:>10.2e}'
                  f'{"" if good else "  over" if error is not None else "  not finite"} {words}',
                  flush=True)
    print(f'{bad} over their limit' if bad else 'all within their limits')
    return bad > 0


if __name__ == '__main__':
    sys.exit(main())
