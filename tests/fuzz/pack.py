"""pack.py FOLDER > FILE - the files of a package as one, as targets.c takes it. In JSON, checksums of
its files become @NAME@, which the target puts back."""
import hashlib
import os
import sys

folder = sys.argv[1]
names = sorted(os.path.relpath(os.path.join(where, name), folder)
               for where, _, files in os.walk(folder) for name in files)
contents = {}
for name in names:
    with open(os.path.join(folder, name), 'rb') as file:
        contents[name] = file.read()
sums = {hashlib.sha256(data).hexdigest(): name for name, data in contents.items()}
for name, data in contents.items():
    if name.endswith('.json'):
        for digest, other in sums.items():
            data = data.replace(digest.encode(), b'@' + other.encode() + b'@')
    sys.stdout.buffer.write(b'==%s %d\n' % (name.encode(), len(data)) + data)
