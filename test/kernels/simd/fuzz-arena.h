// An arena as strict as the contract of src/kernels/simd/arena.ts: an allocation is rounded up to 128 bytes, a vector more
// may be read but never used or written, and everything else is poison to the address sanitizer. What nobody has written
// is NaN.
#ifndef FUZZ_ARENA_H
#define FUZZ_ARENA_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER 1
#endif
#endif
#ifdef HAS_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(from, bytes) ((void)(from), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(from, bytes) ((void)(from), (void)(bytes))
#endif

#define POOL_OFFSET 1024
#define FIRST_OFFSET 16384
#define ARENA_BYTES (96u << 20)
#define GRANULE 128
#define SHOULDER 64
#define MOST_ALLOCATIONS 4096

static uintptr_t arena;
static u32 next_offset;
static u32 shoulders[MOST_ALLOCATIONS], allocations;
static u64 random_state, seed, round_number;
static u32 wide_lanes; // of batches in this round

static _Noreturn void fail(const char *what) {
  fprintf(stderr, "seed %llu round %llu: %s\n", (unsigned long long)seed, (unsigned long long)round_number, what);
  fflush(stderr);
  _Exit(1);
}

// splitmix64
static u64 random_bits(void) {
  u64 z = random_state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}
static u32 below(u32 limit) { return (u32)((random_bits() >> 32) * limit >> 32); }
static u32 between(u32 least, u32 most) { return least + below(most - least + 1); }
static int chance(double share) { return (random_bits() >> 11) * 0x1p-53 < share; }
static float uniform(float low, float high) { return low + (high - low) * (float)((random_bits() >> 40) * 0x1p-24); }
// a fifth of them zero, of either sign
static float number(void) { return chance(0.2) ? (chance(0.5) ? 0.f : -0.f) : uniform(-1, 1); }

static u32 allocate(u64 bytes) {
  u64 size = bytes == 0 ? GRANULE : (bytes + GRANULE - 1) / GRANULE * GRANULE;
  u32 offset = next_offset + SHOULDER;
  if (offset + size + 2 * SHOULDER > ARENA_BYTES || allocations == MOST_ALLOCATIONS) fail("the fuzzer's arena is full");
  ASAN_UNPOISON_MEMORY_REGION(AT(u8, offset), size + SHOULDER);
  memset(AT(u8, offset), 0xff, size + SHOULDER);
  shoulders[allocations++] = (u32)(offset + size);
  next_offset = (u32)(offset + size + SHOULDER);
  return offset;
}

static u32 keep(const void *data, u64 bytes) {
  u32 offset = allocate(bytes);
  memcpy(AT(u8, offset), data, bytes);
  return offset;
}

static void expect_shoulders(void) {
  for (u32 k = 0; k < allocations; k++)
    for (u32 i = 0; i < SHOULDER; i++)
      if (AT(u8, shoulders[k])[i] != 0xff) fail("a kernel wrote beyond an allocation");
}

static void forget_all(void) {
  ASAN_POISON_MEMORY_REGION(AT(u8, FIRST_OFFSET), (next_offset ? next_offset : ARENA_BYTES) - FIRST_OFFSET);
  next_offset = FIRST_OFFSET;
  allocations = 0;
}

// A [batch, units] tensor: in tiles in the arena, and row by row for the plain loops.
typedef struct {
  u32 batch, units, lanes, tiles, offset;
  double *rows;
} tensor;

static tensor shaped(u32 batch, u32 units) {
  tensor t = {.batch = batch, .units = units, .lanes = batch == 1 ? 1 : wide_lanes};
  t.tiles = (batch + t.lanes - 1) / t.lanes;
  t.offset = allocate((u64)t.tiles * t.lanes * units * sizeof(float));
  t.rows = calloc((u64)batch * units + 1, sizeof(double));
  return t;
}

static float *element(const tensor *t, u32 row, u32 unit) {
  u32 lane = row % t->lanes;
  return AT(float, t->offset) + (u64)(row - lane) * t->units + (u64)unit * t->lanes + lane;
}

static void fill(tensor *t, float (*make)(void)) {
  for (u32 row = 0; row < t->batch; row++)
    for (u32 unit = 0; unit < t->units; unit++)
      t->rows[(u64)row * t->units + unit] = *element(t, row, unit) = make();
}

static tensor random_tensor(u32 batch, u32 units) {
  tensor t = shaped(batch, units);
  fill(&t, number);
  return t;
}

static float zero(void) { return 0; }

// Whether a number is what plain loops in double precision gave.
static void expect_close(const char *what, double actual, double expected) {
  if (fabs(actual - expected) <= 1e-5 * fmax(1, fabs(expected))) return;
  char text[200];
  snprintf(text, sizeof text, "%s is %.9g, needed %.9g", what, actual, expected);
  fail(text);
}

static void expect_tensor(const char *what, const tensor *t) {
  for (u32 row = 0; row < t->batch; row++)
    for (u32 unit = 0; unit < t->units; unit++)
      expect_close(what, *element(t, row, unit), t->rows[(u64)row * t->units + unit]);
}

static double plain_activated(u32 activation, double u) {
  switch (activation) {
  case TANH: return tanh(u);
  case SIGMOID: return 1 / (1 + exp(-u));
  case RELU: return fmax(u, 0);
  case RELU6: return fmin(fmax(u, 0), 6);
  case HARD_SIGMOID: return fmin(fmax(u / 6 + 0.5, 0), 1);
  case SIGN: return (u > 0) - (u < 0);
  case CLIP: return u > 1 ? 1 : u < 0 ? 0 : u;
  default: return u;
  }
}

static double plain_slope(u32 activation, double h) {
  switch (activation) {
  case TANH: return 1 - h * h;
  case SIGMOID: return h * (1 - h);
  case RELU: return h > 0;
  case RELU6: return h > 0 && h < 6;
  case HARD_SIGMOID: return h > 0 && h < 1 ? 1. / 6 : 0;
  case SIGN: return 0;
  case CLIP: return h > 0 && h < 1;
  default: return 1;
  }
}

#endif
