// Runs the C kernels under sanitizers on random commands, with threads, and compares with plain loops in double
// precision. Arguments: a seed, and how many seconds at least. Exits 1 at the first mistake.
#define VARIANT fuzzed
#include "kernels.c"

#include "fuzz-settle.h"
#include <pthread.h>
#include <sched.h>
#include <time.h>

#define OTHER_THREADS 2

static u32 random_block(u32 units, u32 *count) {
  u32 first = below(units + 1);
  *count = below(units - first + 1);
  if (chance(0.5)) first = 0, *count = units;
  return first;
}

static void expect_projection(const projecting *p, const term *terms, const tensor *sources, const tensor *base,
                              const tensor *bias, tensor *result) {
  for (u32 row = 0; row < p->batch; row++) {
    double *sums = result->rows + (u64)row * p->units, largest = -INFINITY, total = 0;
    for (u32 c = 0; c < p->units; c++)
      sums[c] = (p->base ? base->rows[(u64)row * p->units + c] : 0) + (p->bias ? bias->rows[c] : 0);
    for (u32 k = 0; k < p->count; k++) {
      const term *t = terms + k;
      const double *source = sources[k].rows + (u64)row * t->sourceUnits + t->sourceStart;
      for (u32 i = 0; i < t->sourceCount; i++)
        for (u32 c = 0; c < t->targetCount; c++)
          sums[t->targetStart + c] += (double)t->scale * source[i] * AT(float, t->weights)[(u64)i * t->targetCount + c];
    }
    for (u32 c = 0; c < p->units; c++) largest = fmax(largest, sums[c]);
    for (u32 c = 0; c < p->units; c++) {
      if (p->nonlinearity == SOFTMAX) total += sums[c] = exp(sums[c] - largest);
      else if (p->nonlinearity != NOTHING) sums[c] = plain_activated(p->nonlinearity, sums[c]);
    }
    for (u32 c = 0; c < p->units && p->nonlinearity == SOFTMAX; c++) sums[c] /= total;
  }
  expect_tensor("projection", result);
}

static void fuzz_project(void) {
  projecting p = {.batch = chance(0.4) ? 1 : between(2, 70), .units = between(1, 300), .count = below(5)};
  term terms[4];
  tensor sources[4], base = {0}, bias = {0};
  u32 longest = 0;
  for (u32 k = 0; k < p.count; k++) {
    term *t = terms + k;
    *t = (term){.sourceUnits = between(1, 200), .scale = uniform(-2, 2)};
    sources[k] = random_tensor(p.batch, t->sourceUnits);
    t->source = sources[k].offset;
    t->sourceStart = random_block(t->sourceUnits, &t->sourceCount);
    t->targetStart = random_block(p.units, &t->targetCount);
    t->weights = allocate((u64)t->sourceCount * t->targetCount * sizeof(float));
    for (u64 i = 0; i < (u64)t->sourceCount * t->targetCount; i++) AT(float, t->weights)[i] = number();
    if (t->sourceCount > longest) longest = t->sourceCount;
  }
  if (chance(0.5)) base = random_tensor(p.batch, p.units), p.base = base.offset;
  if (chance(0.5)) bias = random_tensor(1, p.units), p.bias = bias.offset;
  tensor result = shaped(p.batch, p.units);
  p.lanes = result.lanes, p.tiles = result.tiles, p.result = result.offset;
  p.nonlinearity = (u32[]){NOTHING, SOFTMAX, SIGMOID, TANH}[below(4)];
  p.chunks = p.nonlinearity == SOFTMAX ? 1 : between(1, (p.units + LANES - 1) / LANES);
  p.scratchStride = (longest * 4 + 4 + 63) / 64 * 64;
  p.scratch = allocate((u64)p.scratchStride * p.tiles * p.chunks);
  p.terms = keep(terms, p.count * sizeof(term));
  NAME(eddy_run, VARIANT)(arena, POOL_OFFSET, PROJECT, keep(&p, sizeof p));
  expect_shoulders();
  expect_projection(&p, terms, sources, &base, &bias, &result);
  for (u32 k = 0; k < p.count; k++) free(sources[k].rows);
  free(base.rows), free(bias.rows), free(result.rows);
}

// Away from zero, so that Adam divides by nothing small.
static float variance(void) { return uniform(0.1f, 1); }

static void expect_learned(const learning *l, const gradient *terms, const tensor *sources, const tensor *errors,
                           const tensor *before) {
  for (u32 row = 0; row < l->rows; row++)
    for (u32 c = 0; c < l->columns; c++) {
      u64 at = (u64)row * l->columns + c;
      double g = 0;
      for (u32 k = 0; k < l->count; k++) {
        double sum = 0;
        for (u32 b = 0; b < terms[k].batch; b++) {
          double h = terms[k].source ? sources[k].rows[(u64)b * terms[k].sourceUnits + terms[k].sourceStart + row] : 1;
          sum += h * errors[k].rows[(u64)b * terms[k].errorUnits + terms[k].errorStart + c];
        }
        g += terms[k].scale * sum;
      }
      if (l->result) expect_close("gradient", AT(float, l->result)[at], g);
      double w = before[0].rows[at], m = before[1].rows[at], v = before[2].rows[at];
      m = m * l->beta1 + g * (1 - (double)l->beta1), v = v * l->beta2 + g * g * (1 - (double)l->beta2);
      w -= l->adam ? m * l->rate / (sqrt(v * l->secondFactor) + l->epsilon) : g * l->rate;
      expect_close("weight", AT(float, l->weights)[at], w);
      if (l->adam) expect_close("first moment", AT(float, l->first)[at], m);
      if (l->adam) expect_close("second moment", AT(float, l->second)[at], v);
    }
}

static void fuzz_learn(void) {
  learning l = {.count = below(4), .rows = between(1, 60), .columns = between(1, 150), .adam = chance(0.5)};
  int ones = l.rows == 1 && chance(0.8);
  gradient terms[3];
  tensor sources[3] = {0}, errors[3], before[3];
  for (u32 k = 0; k < l.count; k++) {
    gradient *g = terms + k;
    *g = (gradient){.batch = chance(0.4) ? 1 : between(2, 70), .scale = uniform(-0.1f, 0.1f)};
    g->sourceStart = below(20), g->sourceUnits = g->sourceStart + l.rows + below(20);
    g->errorStart = below(20), g->errorUnits = g->errorStart + l.columns + below(20);
    if (!ones) sources[k] = random_tensor(g->batch, g->sourceUnits), g->source = sources[k].offset;
    else g->sourceUnits = 1, g->sourceStart = 0;
    errors[k] = random_tensor(g->batch, g->errorUnits);
    g->error = errors[k].offset, g->lanes = errors[k].lanes, g->tiles = errors[k].tiles;
    // as wide as the host makes it: the widest panel of weights that any processor has
    if (g->lanes > 1) g->rows = allocate((u64)((l.columns + 63) / 64 * 64) * g->batch * sizeof(float));
  }
  for (u32 k = 0; k < 3; k++) {
    before[k] = shaped(1, l.rows * l.columns);
    fill(&before[k], k == 2 ? variance : number);
  }
  l.weights = before[0].offset;
  if (l.adam) l.first = before[1].offset, l.second = before[2].offset;
  if (chance(0.5)) l.result = allocate((u64)l.rows * l.columns * sizeof(float));
  l.rate = 0.1f, l.beta1 = 0.9f, l.beta2 = 0.99f, l.epsilon = 1e-3f, l.secondFactor = uniform(1, 3);
  l.chunks = between(1, l.rows < 4 ? l.rows : 4);
  l.terms = keep(terms, l.count * sizeof(gradient));
  NAME(eddy_run, VARIANT)(arena, POOL_OFFSET, LEARN, keep(&l, sizeof l));
  expect_shoulders();
  expect_learned(&l, terms, sources, errors, before);
  for (u32 k = 0; k < l.count; k++) free(sources[k].rows), free(errors[k].rows);
  for (u32 k = 0; k < 3; k++) free(before[k].rows);
}

static void fuzz_elementwise(void) {
  tensor a = random_tensor(1, between(1, 500)), b = random_tensor(1, a.units), result = shaped(1, a.units);
  u32 operation = chance(0.5) ? DIFFERENCE : DERIVATIVE;
  elementwise e = {a.offset, b.offset, result.offset, (a.units + LANES - 1) / LANES, below(CLIP + 1)};
  NAME(eddy_run, VARIANT)(arena, POOL_OFFSET, operation, keep(&e, sizeof e));
  expect_shoulders();
  for (u32 k = 0; k < a.units; k++)
    result.rows[k] = operation == DIFFERENCE ? a.rows[k] - b.rows[k] : b.rows[k] * plain_slope(e.activation, a.rows[k]);
  expect_tensor("number by number", &result);
  free(a.rows), free(b.rows), free(result.rows);
}

static void fuzz_packing(void) {
  tensor tiles = shaped(between(2, 70), between(1, 90));
  u64 size = (u64)tiles.batch * tiles.units;
  packing p = {allocate(size * sizeof(float)), tiles.offset, tiles.batch, tiles.units, tiles.lanes};
  for (u64 k = 0; k < size; k++) tiles.rows[k] = AT(float, p.rows)[k] = number();
  u32 command = keep(&p, sizeof p);
  NAME(eddy_run, VARIANT)(arena, POOL_OFFSET, PACK, command);
  expect_tensor("packed", &tiles);
  for (u64 k = 0; k < size; k++) AT(float, p.rows)[k] = NAN;
  NAME(eddy_run, VARIANT)(arena, POOL_OFFSET, UNPACK, command);
  for (u64 k = 0; k < size; k++) expect_close("unpacked", AT(float, p.rows)[k], tiles.rows[k]);
  expect_shoulders();
  free(tiles.rows);
}

// Looks for parts, and now and then for nothing, so that steps begin with and without it.
static void *other_thread(void *given) {
  pool *shared = AT(pool, POOL_OFFSET);
  u32 me = (u32)(uintptr_t)given;
  while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED)) {
    NAME(eddy_serve, VARIANT)(arena, POOL_OFFSET, me, 500);
    sched_yield();
  }
  return 0;
}

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

// On a busy machine the time may be over before every kind had its turn, or before the other threads had any.
static int complete(const u32 *done, const pool *shared) {
  for (u32 k = 0; k < 5; k++)
    if (done[k] == 0) return 0;
  return __atomic_load_n(&shared->done, __ATOMIC_RELAXED) > 0;
}

int main(int count, char **given) {
  if (count != 3) return fprintf(stderr, "needed: a seed and seconds\n"), 2;
  seed = strtoull(given[1], 0, 10);
  double end = now() + atof(given[2]);
  void *bytes = 0;
  if (posix_memalign(&bytes, 4096, ARENA_BYTES)) fail("no memory");
  memset(bytes, 0, FIRST_OFFSET);
  arena = (uintptr_t)bytes;
  pool *shared = AT(pool, POOL_OFFSET);
  __atomic_store_n(&shared->threads, 1 + OTHER_THREADS, __ATOMIC_RELAXED);
  pthread_t others[OTHER_THREADS];
  for (uintptr_t k = 0; k < OTHER_THREADS; k++) pthread_create(&others[k], 0, other_thread, (void *)(k + 1));
  u32 done[5] = {0};
  void (*kinds[])(void) = {fuzz_settle, fuzz_project, fuzz_learn, fuzz_elementwise, fuzz_packing};
  for (; now() < end || !complete(done, shared); round_number++) {
    random_state = seed * 1000003 + round_number;
    wide_lanes = LANES << below(TILE_VECTORS > 2 ? 3 : TILE_VECTORS);
    forget_all();
    u32 kind = chance(0.5) ? 0 : below(5);
    kinds[kind]();
    done[kind]++;
  }
  __atomic_store_n(&shared->stop, 1, __ATOMIC_RELAXED);
  for (u32 k = 0; k < OTHER_THREADS; k++) pthread_join(others[k], 0);
  printf("%u settlings, %u projections, %u learning steps, %u elementwise, %u packings; %u parts by 3 threads\n", done[0],
         done[1], done[2], done[3], done[4], shared->done);
  return 0;
}
