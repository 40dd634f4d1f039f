"""peers.py - the runtimes that the CPU device is timed beside, each behind the same three calls.

As a program, `peers.py NAME MODEL.onnx X.npy`: loads the model and runs it once, in a process of its
own, and prints as JSON the milliseconds that took and the KiB by which the process grew at most."""
import json
import resource
import sys
import time

import numpy as np


class OnnxRuntime:
    name = 'onnxruntime'

    def __init__(self, path, threads):
        import onnxruntime
        self.version = onnxruntime.__version__
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(path, options,
                                                    providers=['CPUExecutionProvider'])

    def output(self, x):
        return self.session.run(None, {'x': x})[0]


class OpenVino:
    name = 'openvino'

    def __init__(self, path, threads):
        import openvino
        self.version = openvino.__version__.split('-')[0]
        # fp32 like the other: by itself it may take bf16 on processors that have it.
        settings = {'INFERENCE_NUM_THREADS': threads, 'INFERENCE_PRECISION_HINT': 'f32',
                    'PERFORMANCE_HINT': 'LATENCY', 'NUM_STREAMS': 1}
        self.model = openvino.Core().compile_model(path, 'CPU', settings)
        self.request = self.model.create_infer_request()

    def output(self, x):
        self.request.infer({0: x}, share_inputs=True)
        return self.request.get_output_tensor(0).data


PEERS = {peer.name: peer for peer in (OnnxRuntime, OpenVino)}


def times(peer, x, runs):
    """Median, 10th and 90th percentile of the runs, in ms."""
    taken = []
    for _ in range(5 + runs):
        begin = time.perf_counter()
        peer.output(x)
        taken.append(1e3 * (time.perf_counter() - begin))
    return [float(t) for t in np.quantile(taken[5:], (0.5, 0.1, 0.9))]


def peak_kib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main():
    name, path, x = sys.argv[1:]
    x = np.load(x)
    __import__(name)
    before = peak_kib()
    begin = time.perf_counter()
    PEERS[name](path, 1).output(x)
    print(json.dumps({'ms': 1e3 * (time.perf_counter() - begin), 'kib': peak_kib() - before}))


if __name__ == '__main__':
    main()
