"""Unpacks the cases into a folder of their own, and runs them in one process."""
import os
import subprocess
import sys
import tarfile
import tempfile

program, archive = sys.argv[1:3]
with tempfile.TemporaryDirectory(prefix='aneforge-onnx-') as folder:
    with tarfile.open(archive) as cases:
        for member in cases:
            if not member.name.endswith('/model.onnx'):    # the same with weights as inputs
                cases.extract(member, folder)
    done = subprocess.run([program, '--tap', *sys.argv[3:]],
                          env={**os.environ, 'NODE_SUITE': folder})
sys.exit(done.returncode)
