#!/usr/bin/python3
"""Writes vectors.json: small weights and what each encoding makes of them.

An implementation of its own, of the rules as they are written down: numpy's fp32 arithmetic, the
plain loops of Lloyd's method, no code shared with the engine. Run it after changing a rule and read
the difference. The numbers of the weights come from numpy's own generator.
"""
import base64
import json
import os

import numpy as np

f32, f16 = np.float32, np.float16


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def rel(decoded, w):
    w = w.astype(np.float64)
    norm = np.sqrt((w * w).sum())
    return float(np.sqrt(((decoded.astype(np.float64) - w) ** 2).sum()) / norm) if norm else 0.0


def scaled(groups):
    """groups: [n, elements that share a scale] -> q, fp16 scales, decoded."""
    s = np.maximum(np.abs(groups).max(axis=1) / f32(127), f32(1e-8)).astype(f32)
    q = np.clip(np.rint(groups / s[:, None]), -127, 127).astype(np.int8)
    stored = s.astype(f16)
    return q, stored, (q.astype(f32) * stored.astype(f32)[:, None]).astype(f16)


def int8(w):
    rows = w.reshape(w.shape[0], -1)
    q, s, decoded = scaled(rows)
    return dict(parts=[text(q), text(s)], shapes=[list(w.shape), [w.shape[0]]],
                error=rel(decoded.reshape(w.shape), w), decoded=text(decoded))


def block_extents(shape, block):
    """The block's extent on each axis: greatest common divisors from the last axis on."""
    inner = int(np.prod(shape[1:]))
    block = min(block, inner)
    while inner % block:
        block -= 1
    extents = [1] * len(shape)
    for axis in range(len(shape) - 1, 0, -1):
        extents[axis] = int(np.gcd(block, shape[axis]))
        block //= extents[axis]
    assert block == 1
    return extents


def blockwise(w, block):
    extents = block_extents(w.shape, block)
    grid = [n // e for n, e in zip(w.shape, extents)]
    # [g0, e0, g1, e1, ...] -> [g0, g1, ..., e0, e1, ...]
    split = w.reshape([x for pair in zip(grid, extents) for x in pair])
    order = list(range(0, 2 * w.ndim, 2)) + list(range(1, 2 * w.ndim, 2))
    back = np.argsort(order)
    moved = split.transpose(order)
    q, s, decoded = scaled(moved.reshape(int(np.prod(grid)), -1))
    q, decoded = (a.reshape(moved.shape).transpose(back).reshape(w.shape) for a in (q, decoded))
    return dict(parts=[text(q), text(s)], shapes=[list(w.shape), grid],
                error=rel(decoded, w), decoded=text(decoded))


def int4(w):
    flat = w.ravel()
    edges = np.quantile(flat, np.arange(17) / 16.0)
    c = ((edges[:-1] + edges[1:]) / 2).astype(f32)
    for _ in range(20):
        nearest = np.abs(flat[:, None] - c[None, :]).argmin(axis=1)
        for k in range(16):
            if (nearest == k).any():
                c[k] = flat[nearest == k].mean(dtype=f32)
    nearest = np.abs(flat[:, None] - c[None, :]).argmin(axis=1).astype(np.uint8)
    packed = nearest[0::2] | nearest[1::2] << 4
    stored = c.astype(f16)
    decoded = stored[nearest]
    return dict(parts=[text(packed), text(stored)],
                shapes=[list(w.shape), [1] * w.ndim + [16, 1]],
                error=rel(decoded.reshape(w.shape), w), decoded=text(decoded))


def sparse(w):
    mask = w.ravel() != 0
    values = w.ravel()[mask].astype(f16)
    decoded = np.where(mask, w.ravel().astype(f16), f16(0))
    return dict(parts=[text(values), text(np.packbits(mask, bitorder='little'))],
                shapes=[[len(values)], list(w.shape)],
                error=rel(decoded.reshape(w.shape), w), decoded=text(decoded))


def fp16(w):
    return dict(parts=[text(w.astype(f16))], shapes=[list(w.shape)],
                error=rel(w.astype(f16), w), decoded=text(w.astype(f16)))


def main():
    rng = np.random.default_rng(20)
    normal = lambda *shape: rng.standard_normal(shape).astype(f32)
    holes = lambda w, share: np.where(rng.random(w.shape) < share, f32(0), w)
    rows = normal(5, 8)
    rows[1] = 0
    rows[3] *= f32(1e-7)
    ties = np.array([[127, 0.5, 1.5, 2.5, -0.5, -1.5], [-254, 1, 3, 5, -1, -3]], f32)
    lut = (rng.integers(0, 16, (8, 12)).astype(f32) - f32(7.5)) / f32(8)
    plan = [
        ('normal', normal(6, 16), 5, ['fp16', 'int8', 'int4', 'blockwise']),
        ('kernel', normal(2, 4, 3, 3), 8, ['fp16', 'int8', 'int4', 'blockwise']),
        ('batch', normal(3, 4, 6), 32, ['fp16', 'int8', 'int4', 'blockwise']),
        ('zero-and-tiny-rows', rows, 4, ['fp16', 'int8', 'int4', 'blockwise']),
        ('ties', ties, 3, ['fp16', 'int8', 'int4', 'blockwise']),
        ('constant', np.full((4, 4), 0.3, f32), 32, ['fp16', 'int8', 'int4', 'blockwise']),
        ('sixteen-values', lut, 32, ['fp16', 'int8', 'int4', 'blockwise']),
        ('holes', holes(normal(5, 7), 0.7), 32, ['fp16', 'sparse', 'int8', 'blockwise']),
        ('half-holes', np.array([[0, 1, 0, 2], [3, 0, 0, 4]], f32), 32, ['sparse', 'int4']),
    ]
    encode = dict(fp16=fp16, int8=int8, int4=int4, sparse=sparse)
    out = []
    for name, w, block, encodings in plan:
        out.append(dict(
            name=name, shape=list(w.shape), values=text(w.astype(f32)), block_size=block,
            encodings={e: encode[e](w) if e != 'blockwise' else blockwise(w, block)
                       for e in encodings}))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'vectors.json')
    with open(path, 'w', encoding='ascii') as f:
        json.dump(out, f, indent=1)
        f.write('\n')


main()
