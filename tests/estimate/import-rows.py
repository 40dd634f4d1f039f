"""Copies the columns the latency model needs out of the aneforge package's measurements.

Usage: import-rows.py MEASURED.json > measured.tsv

The package (0.4.0, MIT licence) holds measurements contributed by users of six Macs. Only rows of
the engine itself are kept; energy, other processors and accuracy are not needed here.
"""
import json
import sys

CHIPS = {'Apple M1': 'M1', 'Apple M1 Max': 'M1 Max', 'Apple M2 Pro': 'M2 Pro', 'Apple M4': 'M4',
         'Apple M5': 'M5', 'Apple M5 Pro': 'M5 Pro', 'Apple M5 Pro (author host)': 'M5 Pro',
         'M1-family (file _M1; exact die not stated)': 'M1 family',
         'M2-family (file _M2; exact die not stated)': 'M2 family', 'cost-model host': 'M5 Pro'}
DROP = ('note', 'bytes', 'label', 'flops', 'weight_bytes', 'weights_bytes')


def main():
    print('# Latencies measured on Apple Neural Engines, contributed to the aneforge package')
    print('# (version 0.4.0, MIT licence, Copyright its contributors). Columns: chip, device (ANE;')
    print('# ANE8: int8 weights; bridge: a program of its own), workload, parameters, microseconds,')
    print('# flag (short: a short measuring window; -).')
    for row in json.load(open(sys.argv[1]))['rows']:
        if not row['device'].startswith('ANE') or not row.get('latency_ms'):
            continue
        device = 'bridge' if 'bridge' in row['device'] else row['device'].split()[0]
        params = {k: v for k, v in (row.get('params') or {}).items() if k not in DROP}
        workload = row['workload']
        if workload == 'fused_op':
            workload = 'op:' + row['params']['label'].split()[0]
        if workload == 'decode_step':
            params['gflop'] = row['gflop']
        print('\t'.join([CHIPS[row['chip']], device, workload, json.dumps(params, sort_keys=True),
                         '%.6g' % (row['latency_ms'] * 1e3), 'short' if row.get('flags') else '-']))


main()
