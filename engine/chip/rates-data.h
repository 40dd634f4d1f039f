/* rates-data.h - constants of the latency model, per measured machine.
 * Written by tests/estimate/fit.py from tests/estimate/measured.tsv: measurements
 * contributed to the aneforge 0.4.0 package (MIT). */
#pragma once

#define INSIDE 60           /* GB/s of values that do not stay inside */

/* Measured / predicted, 10th and 90th percentile, of a chip told from another's rates. */
static const double across[2] = { 0.296, 1.735 };

static const AnfRates measured[] = {
  /* 19 rows, 19 configurations */
  { .key = "m1", .title = "M1", .error = 1.184,
    .floor = 146.2, .read = 7.411, .write = 1.093, .weight = 80.92, .reload = 110.4,
    .peak = 23.07, .element = { 1.129, 0.85, 7, 0.1 },
    .single = { 0.838, 1.339 }, .chain = { 0.320, 1.509 } },
  /* 26 rows, 13 configurations */
  { .key = "m1-max", .title = "M1 Max", .error = 1.093,
    .floor = 244.5, .read = 13.13, .write = 4.829, .weight = 67.38, .reload = 100,
    .peak = 14.06, .element = { 0.2274, 0.85, 7, 0.1 },
    .single = { 0.897, 1.125 }, .chain = { 0.852, 1.463 } },
  /* 33 rows, 18 configurations */
  { .key = "m2-pro", .title = "M2 Pro", .error = 1.243,
    .floor = 175.5, .read = 16.61, .write = 1.219, .weight = 67.39, .reload = 154.6,
    .peak = 23.52, .element = { 1.079, 0.85, 6, 0.1 },
    .single = { 0.773, 2.211 }, .chain = { 0.320, 1.509 } },
  /* 48 rows, 48 configurations */
  { .key = "m4", .title = "M4", .error = 1.065,
    .floor = 75.07, .read = 9.607, .write = 7.014, .weight = 27.98, .reload = 76.16,
    .peak = 25, .element = { 0.1476, 0.8478, 1.9, 0.1 },
    .single = { 0.926, 1.105 }, .chain = { 0.852, 1.463 } },
  /* 54 rows, 27 configurations */
  { .key = "m5", .title = "M5", .error = 1.123,
    .floor = 65.52, .read = 20.04, .write = 20.79, .weight = 39.67, .reload = 110,
    .peak = 32.72, .element = { 0.1255, 0.8204, 1.9, 0.1 },
    .single = { 0.884, 1.086 }, .chain = { 0.852, 1.463 } },
  /* 197 rows, 158 configurations */
  { .key = "m5-pro", .title = "M5 Pro", .error = 1.073,
    .floor = 77.47, .read = 22, .write = 24.57, .weight = 154.8, .reload = 91.48,
    .peak = 38.06, .element = { 0.09854, 0.7377, 1.73, 0.08796 },
    .single = { 0.891, 1.112 }, .chain = { 0.852, 1.463 }, .folds = 1 << ANF_INT8 },
  /* 251 rows, 166 configurations */
  { .key = "m5-both", .title = "M5 and M5 Pro", .error = 1.155,
    .floor = 72.59, .read = 19.48, .write = 23.35, .weight = 116.8, .reload = 95.91,
    .peak = 35.24, .element = { 0.1131, 0.7892, 1.751, 0.08234 },
    .single = { 0.815, 1.208 }, .chain = { 0.852, 1.463 } },
};

/* M5 Pro, through the package: ops it starts a process for take tens of milliseconds. */
static const AnfBridgeRate bridges[] = {
  { "argmax", ANF_WORK_INPUT, 5,
    { { 128, 90.7, 88.9667 }, { 512, 90.6, 88.9667 },
      { 2048, 85.6, 88.9667 }, { 2048, 90, 90 },
      { 8192, 91.2, 91.2 } } },
  { "batch_to_space", ANF_WORK_INPUT, 4,
    { { 4096, 41718.9, 41718.9 }, { 65536, 68106.8, 68106.8 },
      { 262144, 125125, 125125 }, { 1048576, 325800, 325800 } } },
  { "channel_to_space", ANF_WORK_INPUT, 4,
    { { 2048, 55078.1, 42921.1 }, { 16384, 30764.1, 42921.1 },
      { 65536, 51982.2, 51982.2 }, { 262144, 111665, 111665 } } },
  { "cost_volume", ANF_WORK_OUTPUT, 4,
    { { 128, 51400.2, 51400.2 }, { 768, 74803.8, 69767.4 },
      { 2560, 64731.1, 69767.4 }, { 5120, 71553.8, 71553.8 } } },
  { "cross_correlation", ANF_WORK_BOTH_INPUTS, 4,
    { { 2304, 52473, 35991.4 }, { 9216, 22595.2, 35991.4 },
      { 36864, 32906, 35991.4 }, { 82944, 40772.8, 40772.8 } } },
  { "cross_product", ANF_WORK_ONE, 1,
    { { 1, 24988.9, 24988.9 } } },
  { "dynamic_slice", ANF_WORK_ONE, 1,
    { { 1, 51589.7, 51589.7 } } },
  { "flatten", ANF_WORK_INPUT, 3,
    { { 1024, 42900.3, 34526.3 }, { 16384, 26152.3, 34526.3 },
      { 65536, 56263.5, 56263.5 } } },
  { "fps", ANF_WORK_ROWS, 4,
    { { 4096, 583276, 583276 }, { 65536, 2538470, 2.53847e+06 },
      { 262144, 5583240, 5.58324e+06 }, { 524288, 5672540, 5.67254e+06 } } },
  { "input_view", ANF_WORK_OUTPUT, 4,
    { { 64, 34751, 34751 }, { 256, 50080.9, 36216.1 },
      { 1024, 22351.3, 36216.1 }, { 4096, 53592.2, 53592.2 } } },
  { "lrn", ANF_WORK_INPUT, 4,
    { { 1024, 88966, 77138.9 }, { 8192, 95064.2, 77138.9 },
      { 15360, 61860.7, 77138.9 }, { 61440, 62664.8, 77138.9 } } },
  { "minmax_norm", ANF_WORK_INPUT, 4,
    { { 1024, 41948.1, 41948.1 }, { 16384, 59956.8, 54458.9 },
      { 65536, 48960.9, 54458.9 }, { 262144, 130352, 130352 } } },
  { "radius_search", ANF_WORK_OUTPUT, 4,
    { { 4096, 53574.5, 53574.5 }, { 65536, 61142.5, 61142.5 },
      { 262144, 70211, 70211 }, { 1048576, 173707, 173707 } } },
  { "scaled_elementwise", ANF_WORK_INPUT, 4,
    { { 128, 63548, 44235.8 }, { 512, 34768.7, 44235.8 },
      { 2048, 34390.6, 44235.8 }, { 8192, 59367.7, 59367.7 } } },
  { "sdpa", ANF_WORK_ATTENTION, 4,
    { { 262144, 111.5, 111.5 }, { 2097152, 172.5, 172.5 },
      { 8388608, 252, 252 }, { 33554432, 637.1, 637.1 } } },
  { "sort", ANF_WORK_INPUT, 2,
    { { 128, 57315.5, 57315.5 }, { 512, 136628, 136628 } } },
  { "space_to_batch", ANF_WORK_INPUT, 4,
    { { 1024, 43235.4, 42299.2 }, { 16384, 41363, 42299.2 },
      { 65536, 47457, 47457 }, { 262144, 127605, 127605 } } },
  { "space_to_channel", ANF_WORK_INPUT, 4,
    { { 1024, 58685, 55206.5 }, { 16384, 52832.2, 55206.5 },
      { 65536, 54102.4, 55206.5 }, { 262144, 119005, 119005 } } },
  { "topk", ANF_WORK_INPUT, 5,
    { { 128, 87.5, 81.55 }, { 512, 75.6, 81.55 },
      { 2048, 385.2, 243.15 }, { 2048, 101.1, 243.15 },
      { 8192, 607, 607 } } },
};
