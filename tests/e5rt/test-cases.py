"""Graphs whose answers are known from elsewhere, as MIL text that the stand-in reads and runs."""
import importlib.util
import json
import os
import sys

from program import call, folder

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, '..', 'cases')
# Not those that take longest, nor the two that are there to be refused.
NAMES = """bridge_argmax_tail bridge_pointcloud bridge_shared_trunk bridge_stereo bridge_topk
conv_depthwise conv_stride_dil_asym conv_tiny conv_transpose_unet cross_attn_geglu
dynamic_conv einsum_attn elementwise_chain encoder_block gather_split_stack group_norm_net
mlp_bounded_input mlp_lut16_lossless mlp_odd_inner mlp_small norm_mix pool_variants
rearrange_fused sdpa_causal_block sub_cancel_structure superres""".split()
STANDIN = {**os.environ, 'ANF_E5RT_LIBRARY': os.environ['E5RT_STANDIN']}


def load():
    spec = importlib.util.spec_from_file_location('cases', os.path.join(CASES, 'test-cases.py'))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def examine(cases, name, ops):
    with open(os.path.join(CASES, name + '.json')) as file:
        case = json.load(file)
    where = folder()
    path, feeds = cases.convert(case, where, ops, 'ane')
    answer = call('run', path, *feeds, '--device', 'e5rt', '--out', where + '/out', env=STANDIN)
    assert answer.code == 0, answer
    cases.close(case['f16'], where + '/out/y.npy', cases.ANE_LIMIT)


def main():
    cases = load()
    ops = {op['op']: op for op in call('ops', '--json').json['ops']}
    failed = 0
    print('1..%d' % len(NAMES))
    for number, name in enumerate(NAMES, 1):
        try:
            examine(cases, name, ops)
            print('ok %d - %s' % (number, name), flush=True)
        except Exception as problem:
            failed += 1
            print('not ok %d - %s' % (number, name))
            for line in ('%s: %s' % (type(problem).__name__, problem)).splitlines():
                print('# ' + line, flush=True)
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
