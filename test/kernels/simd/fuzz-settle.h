// Random settlings, and the same in double precision.
#ifndef FUZZ_SETTLE_H
#define FUZZ_SETTLE_H

#include "fuzz-matrix.h"

typedef struct {
  dense_matrix matrix;
  tensor from, drive, state, other, spoken, sum; // offset 0 where there is none
  float *bias;
  u8 *needed;
  job j;
} settle_case;

static void random_changes(settle_case *c) {
  job *j = &c->j;
  u32 neurons = c->matrix.neurons;
  int remembered = j->from && chance(0.5);
  c->spoken = shaped(j->batch, neurons), c->sum = shaped(j->batch, neurons);
  fill(&c->spoken, remembered ? number : zero);
  fill(&c->sum, remembered ? number : zero);
  if (!remembered && j->from) { // in a whole product all units speak
    memcpy(c->spoken.rows, c->from.rows, (u64)j->batch * neurons * sizeof(double));
    memcpy(AT(u8, c->spoken.offset), AT(u8, c->from.offset), (u64)j->tiles * j->lanes * neurons * sizeof(float));
  }
  j->epsilonSet = 1;
  j->epsilon = chance(0.3) ? 0 : uniform(0, 0.5);
  j->spoken = c->spoken.offset, j->sum = c->sum.offset;
  j->delta = allocate((u64)j->tiles * j->lanes * neurons * sizeof(float));
  j->active = j->lanes == 1 ? allocate((neurons + 1) * sizeof(u32)) : 0;
  j->full = !remembered;
}

// Leaves some segments without a drive, so that they are quiet in the second iteration from zero.
static void quieten(tensor *drive) {
  for (u32 tile = 0; tile < drive->tiles; tile++)
    for (u32 first = 0; first < drive->units; first += SEGMENT) {
      u32 width = drive->units - first < SEGMENT ? drive->units - first : SEGMENT;
      if (!chance(0.5)) continue;
      memset(AT(float, drive->offset) + ((u64)tile * drive->units + first) * drive->lanes, 0, width * drive->lanes * sizeof(float));
      for (u32 row = tile * drive->lanes; row < drive->batch && row < (tile + 1) * drive->lanes; row++)
        memset(drive->rows + (u64)row * drive->units + first, 0, width * sizeof(double));
    }
}

static settle_case random_settle(void) {
  settle_case c = {.matrix = random_matrix()};
  u32 neurons = c.matrix.neurons, segments = (neurons + SEGMENT - 1) / SEGMENT;
  job *j = &c.j;
  j->batch = chance(0.4) ? 1 : between(2, 70);
  j->matrix = c.matrix.offset, j->activation = below(CLIP + 1), j->iterations = between(1, 5);
  c.drive = random_tensor(j->batch, neurons);
  if (chance(0.3)) quieten(&c.drive);
  j->lanes = c.drive.lanes, j->tiles = c.drive.tiles, j->drive = c.drive.offset;
  j->form = j->lanes > 1 ? LISTS : between(LISTS, NAME(eddy_slots, VARIANT)() ? SLOTS : PANELS);
  if (chance(0.6)) c.from = random_tensor(j->batch, neurons), j->from = c.from.offset;
  if (chance(0.5)) {
    tensor bias = random_tensor(1, neurons);
    j->bias = bias.offset, c.bias = AT(float, bias.offset);
    free(bias.rows);
  }
  c.state = shaped(j->batch, neurons), j->state = c.state.offset;
  if (j->iterations > 1) c.other = shaped(j->batch, neurons), j->other = c.other.offset;
  if (j->iterations > 1 && !j->from) j->quiet = allocate((u64)j->tiles * segments);
  j->chunks = between(1, segments);
  j->measured = below(3);
  j->gain = chance(0.5) ? 1 : uniform(-1.5f, 1.5f);
  j->step = chance(0.6) ? 1 : uniform(0.1f, 1), j->kept = 1 - j->step;
  j->tolerance = j->measured == 2 ? uniform(0, 0.6f) : -1;
  if (chance(0.3)) random_changes(&c);
  else if (!j->measured && j->iterations > 2 && chance(0.5)) {
    j->needed = allocate(segments), c.needed = AT(u8, j->needed);
    for (u32 k = 0; k < segments; k++) c.needed[k] = chance(0.5);
  }
  return c;
}

// One row's iteration: `state` to `after`. Returns whether it was clear in float32, too, which units speak.
static int plain_iteration(settle_case *c, u32 row, u32 iteration, const double *state, double *after) {
  u32 n = c->matrix.neurons;
  const job *j = &c->j;
  double *spoken = j->epsilonSet ? c->spoken.rows + (u64)row * n : 0, *sum = j->epsilonSet ? c->sum.rows + (u64)row * n : 0;
  const double *drive = c->drive.rows + (u64)row * n;
  int clear = 1;
  for (u32 to = 0; to < n; to++) after[to] = j->epsilonSet ? sum[to] : 0;
  for (u32 from = 0; from < n; from++) {
    double h = state[from];
    if (j->epsilonSet && !(iteration == 1 && j->full)) {
      double change = h - spoken[from];
      if (j->epsilon > 0 && fabs(fabs(change) - j->epsilon) < 1e-5) clear = 0;
      h = fabs(change) <= j->epsilon ? 0 : change;
      if (h != 0) spoken[from] = state[from];
    }
    if (h == 0) continue;
    for (u32 to = 0; to < n; to++) after[to] += h * weight(&c->matrix, from, to);
  }
  if (j->epsilonSet) memcpy(sum, after, n * sizeof(double));
  for (u32 to = 0; to < n; to++) {
    double u = j->gain * after[to] + drive[to] + (c->bias ? c->bias[to] : 0);
    if (j->step != 1) u = j->kept * state[to] + j->step * u;
    // what cancels in double precision need not in single; without a source there is nothing to cancel
    if (j->activation == SIGN && fabs(u) < 1e-5 && (u != 0 || j->step != 1 || sources_in(&c->matrix, 0, n, to) > 0)) clear = 0;
    after[to] = plain_activated(j->activation, u);
  }
  return clear;
}

// As many iterations as the kernel made. Returns whether float32 had to come to the same.
static int plain_settle(settle_case *c, const job *made) {
  u32 n = c->matrix.neurons, batch = made->batch;
  double *state = calloc((u64)batch * n, sizeof(double)), *after = calloc((u64)batch * n, sizeof(double)), residual = 0;
  if (made->from) memcpy(state, c->from.rows, (u64)batch * n * sizeof(double));
  int clear = 1;
  for (u32 iteration = 1; iteration <= made->made; iteration++) {
    residual = 0;
    for (u32 row = 0; row < batch; row++) clear &= plain_iteration(c, row, iteration, state + (u64)row * n, after + (u64)row * n);
    for (u64 k = 0; k < (u64)batch * n; k++) residual = fmax(residual, fabs(after[k] - state[k]));
    double *swapped = state;
    state = after, after = swapped;
    if (clear && made->measured == 2 && iteration < made->made && residual <= made->tolerance - 2e-5)
      fail("a settling went on although it had settled");
  }
  union { u32 bits; float f; } told = {made->residual};
  if (clear && made->measured) expect_close("residual", told.f, residual);
  if (made->made < made->iterations && !(told.f <= made->tolerance)) fail("a settling ended before it had settled");
  if (made->iterations == 1 && !made->changed && residual > 1e-5) fail("a state that changed is called unchanged");
  memcpy(c->state.rows, state, (u64)batch * n * sizeof(double));
  free(state), free(after);
  return clear;
}

static void expect_settled(settle_case *c, const job *j) {
  if (j->made < 1 || j->made > j->iterations) fail("iterations made");
  if (plain_settle(c, j)) {
    tensor *end = (j->iterations - j->made) % 2 ? &c->other : &c->state;
    for (u32 row = 0; row < j->batch; row++)
      for (u32 unit = 0; unit < c->matrix.neurons; unit++)
        if (!c->needed || c->needed[unit / SEGMENT])
          expect_close("state", *element(end, row, unit), c->state.rows[(u64)row * c->matrix.neurons + unit]);
    if (j->epsilonSet) expect_tensor("sum", &c->sum);
    if (j->epsilonSet) expect_tensor("what was spoken", &c->spoken);
  }
  double *rows[] = {c->from.rows, c->drive.rows, c->state.rows, c->other.rows, c->spoken.rows, c->sum.rows, 0};
  for (u32 k = 0; k < 6; k++) free(rows[k]);
  free(c->matrix.weights);
}

static void fuzz_settle(void) {
  u32 count = between(1, 3), parts = 0, together = chance(0.3);
  settle_case cases[3];
  job jobs[3];
  for (u32 k = 0; k < count; k++) {
    cases[k] = random_settle();
    jobs[k] = cases[k].j;
    parts += jobs[k].tiles * jobs[k].chunks;
    if ((jobs[k].chunks > 1 && jobs[k].iterations > 1) || jobs[k].measured == 2 || jobs[k].epsilonSet) together = 1;
  }
  settling all = {.jobs = keep(jobs, count * sizeof(job)), .count = count, .parts = parts, .iteration = together};
  NAME(eddy_run, VARIANT)(arena, POOL_OFFSET, SETTLE, keep(&all, sizeof all));
  expect_shoulders();
  for (u32 k = 0; k < count; k++) expect_settled(&cases[k], AT(job, all.jobs) + k);
}

#endif
