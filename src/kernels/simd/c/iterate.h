// The parts of a settle: which tile and which targets of which module, for one iteration or for all.
#ifndef EDDY_ITERATE_H
#define EDDY_ITERATE_H

#include "pool.h"
#include "settle-row.h"

INLINE float *buffer_of(uintptr_t arena, const job *j, u32 iteration) {
  return AT(float, (j->iterations - iteration) & 1 ? j->other : j->state);
}

static void add_products(uintptr_t arena, const span *s) {
  if (s->j->form == LISTS) {
    add_lists(arena, s);
    return;
  }
  for (u32 segment = s->first; segment < s->last; segment++)
    if (!s->needed || s->needed[segment]) add_segment_of_row(arena, s, segment);
}

static u32 lanes_in_use(const job *j, u32 tile) {
  u32 rest = j->batch - tile * j->lanes;
  return rest < j->lanes ? rest : j->lanes;
}

// Which units of a tile speak, and by how much: writes `delta` and `spoken`. Returns whether any does. What lies beyond the
// last unit, or in lanes that no stimulus uses, never speaks.
static u32 speak(const job *j, u32 tile, u32 neurons, const float *state, float *spoken, float *delta) {
  vec limit = broadcast(j->epsilon);
  ivec heard = {0}, number = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  u64 size = (u64)neurons * j->lanes;
  u32 lanes = lanes_in_use(j, tile);
  for (u64 k = 0; k < size; k += LANES) {
    int32_t left = j->lanes == 1 ? (int32_t)(neurons - k) : (int32_t)(lanes - k % j->lanes);
    vec h = load(state + k), before = load(spoken + k), change = h - before;
    ivec speaks = ~(magnitude(change) <= limit) & (number < left);
    store(delta + k, choose(speaks, change, broadcast(0.f)));
    store(spoken + k, choose(speaks, h, before));
    heard |= speaks;
  }
  u32 any = 0;
  for (int i = 0; i < LANES; i++) any |= heard[i] != 0;
  return any;
}

// Whether it costs less to add the rows of the units that speak, one by one, than to make the product of what changed in
// all units. Both sum in the same order. A weight of a row costs five times what it costs in slots, and so on.
static int by_rows(const job *j, const matrix *m, const u32 *active) {
  if (j->lanes > 1) return 0;
  switch (j->form) {
  case SLOTS: return active[0] < m->neurons / 5;
  case PANELS: return active[0] < m->neurons * 2 / 5;
  default: return active[0] < m->neurons * 2 / 3;
  }
}

// One iteration with event-driven propagation, of one tile or one chunk of it.
static void iterate_changes(uintptr_t arena, job *j, span *s, const float *before, u32 iteration) {
  const matrix *m = s->m;
  u64 size = (u64)m->neurons * j->lanes, offset = s->tile * size;
  float *sum = AT(float, j->sum) + offset;
  if (before && j->speaking) {
    span product = *s;
    product.source = AT(float, j->delta) + offset;
    product.result = sum;
    if (iteration == 1 && j->full) product.source = before;
    if (product.source != before && by_rows(j, m, AT(u32, j->active))) {
      for (u32 panel = s->first * SEGMENT / m->rowPanelWidth; panel * m->rowPanelWidth < s->last * SEGMENT; panel++)
        add_active(arena, m, AT(u32, j->active), product.source, sum, panel);
    } else {
      add_products(arena, &product);
    }
  }
  for (u32 segment = s->first; segment < s->last; segment++) finish(s, segment, j->lanes, sum);
}

// One iteration of the targets of a span; the first is 1.
static void iterate(uintptr_t arena, job *j, span *s, u32 iteration) {
  const matrix *m = s->m;
  u64 offset = (u64)s->tile * m->neurons * j->lanes;
  const float *before = iteration > 1 ? buffer_of(arena, j, iteration - 1) + offset : j->from ? AT(float, j->from) + offset : 0;
  u8 *quiet = j->quiet ? AT(u8, j->quiet) + s->tile * m->segments : 0;
  s->source = before;
  s->drive = AT(float, j->drive) + offset;
  s->bias = j->bias ? AT(float, j->bias) : 0;
  s->result = buffer_of(arena, j, iteration) + offset;
  s->quiet = iteration == 2 && !j->from ? quiet : 0;
  s->needed = j->needed && iteration == j->iterations ? AT(u8, j->needed) : 0;
  if (j->epsilonSet) {
    iterate_changes(arena, j, s, before, iteration);
  } else {
    for (u32 segment = s->first; segment < s->last; segment++)
      if (!s->needed || s->needed[segment]) begin(s, segment, j->lanes);
    if (before) add_products(arena, s);
    for (u32 segment = s->first; segment < s->last; segment++)
      if (!s->needed || s->needed[segment]) finish(s, segment, j->lanes, s->result);
  }
  int measuring = j->measured == 2 || (j->measured == 1 && iteration == j->iterations) || j->iterations == 1;
  for (u32 segment = s->first; segment < s->last; segment++) {
    u64 at = (u64)segment * SEGMENT * j->lanes;
    u32 width = columns_of(m, segment);
    if (measuring)
      measure(j, before ? before + at : 0, s->result + at, width, j->lanes, lanes_in_use(j, s->tile));
    if (!before && quiet) quiet[segment] = all_zero(s->result + at, (u64)width * j->lanes);
  }
}

// Which job and which of its spans a part is.
static void settle_part(uintptr_t arena, const settling *all, u32 part) {
  job *j = AT(job, all->jobs);
  for (; part >= j->tiles * j->chunks; j++) part -= j->tiles * j->chunks;
  const matrix *m = AT(matrix, j->matrix);
  u32 chunk = part % j->chunks;
  span s = {.m = m, .j = j, .tile = part / j->chunks};
  // rows of weights are laid out by panels: a part takes whole ones
  u32 unit = j->epsilonSet && m->rowPanelWidth ? m->rowPanelWidth / SEGMENT : 1;
  u32 units = (m->segments + unit - 1) / unit;
  s.first = units * chunk / j->chunks * unit;
  s.last = units * (chunk + 1) / j->chunks * unit;
  if (s.last > m->segments) s.last = m->segments;
  if (all->iteration > 0) {
    if (all->iteration <= j->iterations && !j->settled) iterate(arena, j, &s, all->iteration);
  } else {
    for (u32 iteration = 1; iteration <= j->iterations; iteration++) iterate(arena, j, &s, iteration);
  }
}

// Before an iteration with event-driven propagation: which units speak.
static void prepare_changes(uintptr_t arena, job *j, u32 iteration) {
  const matrix *m = AT(matrix, j->matrix);
  j->speaking = 1;
  if (iteration == 1 && (!j->from || j->full)) {
    j->spoke = 1;
    return;
  }
  const float *before = iteration > 1 ? buffer_of(arena, j, iteration - 1) : AT(float, j->from);
  float *spoken = AT(float, j->spoken), *delta = AT(float, j->delta);
  j->speaking = 0;
  for (u32 tile = 0; tile < j->tiles; tile++) {
    u64 offset = (u64)tile * m->neurons * j->lanes;
    j->speaking |= speak(j, tile, m->neurons, before + offset, spoken + offset, delta + offset);
  }
  j->spoke |= j->speaking;
  if (j->lanes > 1) return;
  u32 *active = AT(u32, j->active);
  active[0] = 0;
  for (u32 unit = 0; unit < m->neurons; unit++)
    if (delta[unit] != 0.f) active[++active[0]] = unit;
}

static void run_settle(uintptr_t arena, pool *shared, u32 offset) {
  settling *all = AT(settling, offset);
  job *jobs = AT(job, all->jobs);
  u32 most = 0;
  for (u32 k = 0; k < all->count; k++)
    if (jobs[k].iterations > most) most = jobs[k].iterations;
  if (all->iteration == 0) {
    run_parts(arena, shared, SETTLE, offset, all->parts);
    for (u32 k = 0; k < all->count; k++) jobs[k].made = jobs[k].iterations;
    return;
  }
  for (u32 iteration = 1; iteration <= most; iteration++) {
    u32 going = 0;
    all->iteration = iteration;
    for (u32 k = 0; k < all->count; k++) {
      job *j = jobs + k;
      if (j->settled || iteration > j->iterations) continue;
      if (j->epsilonSet) prepare_changes(arena, j, iteration);
      if (j->measured) j->residual = 0;
      j->made = iteration;
      going = 1;
    }
    if (!going) return;
    run_parts(arena, shared, SETTLE, offset, all->parts);
    for (u32 k = 0; k < all->count; k++) {
      union { u32 bits; float f; } residual = {jobs[k].residual};
      if (jobs[k].measured == 2 && residual.f <= jobs[k].tolerance) jobs[k].settled = 1;
    }
  }
}

#endif
