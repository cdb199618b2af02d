// Iterations h <- f(kept h + step (gain (h W) + b + drive)). Every sum takes the products source by source, in ascending order, and drive + b
// last, as those are larger and would round each addition more coarsely. Sources at zero may be left out, which changes
// no bit. So tiles, blocks, forms and threads do not show in a result.
#ifndef EDDY_SETTLE_H
#define EDDY_SETTLE_H

#include "commands.h"

// One module's tile, and the targets [first, last) in segments that a part computes.
typedef struct {
  const matrix *m;
  const job *j;
  u32 tile, first, last;
  const float *source; // state before, or what changed
  const float *drive;
  const float *bias; // or null
  float *result;
  const u8 *quiet;  // segments of sources that are all zero, or null
  const u8 *needed; // segments of targets, or null for all
} span;

INLINE u32 columns_of(const matrix *m, u32 segment) {
  u32 rest = m->neurons - segment * SEGMENT;
  return rest < SEGMENT ? rest : SEGMENT;
}

INLINE int is_quiet(const span *s, u32 block) {
  if (!s->quiet) return 0;
  u32 each = s->m->blockRows / SEGMENT, end = (block + 1) * each;
  for (u32 i = block * each; i < end && i < s->m->segments; i++)
    if (!s->quiet[i]) return 0;
  return 1;
}

// Sums begin with nothing.
static void begin(const span *s, u32 segment, u32 lanes) {
  float *result = s->result + (u64)segment * SEGMENT * lanes;
  u64 count = (u64)columns_of(s->m, segment) * lanes;
  for (u64 k = 0; k < count; k += LANES) store(result + k, broadcast(0.f));
}

// One target of a group: its sources, for a tile of V vectors.
INLINE void add_target(const int V, float *sum, const float *source, const u16 *sources, const float *weights, u32 count) {
  vec total[4];
  for (int v = 0; v < V; v++) total[v] = load(sum + LANES * v);
  for (u32 k = 0; k < count; k++) {
    vec w = broadcast(weights[k * GROUP]);
    const float *h = source + (u64)sources[k * GROUP] * (V * LANES);
    for (int v = 0; v < V; v++) total[v] += w * load(h + LANES * v);
  }
  for (int v = 0; v < V; v++) store(sum + LANES * v, total[v]);
}

// The four targets of a group at once, for one row.
INLINE void add_group(float *sum, const u16 *columns, u32 width, const float *source, const u16 *sources,
                      const float *weights, u32 count) {
  typedef float four __attribute__((vector_size(16), aligned(4), may_alias));
  four total = {0, 0, 0, 0};
  for (u32 c = 0; c < width; c++) total[c] = sum[columns[c]];
  for (u32 k = 0; k < count; k++) {
    const u16 *s = sources + k * GROUP;
    four h = {source[s[0]], source[s[1]], source[s[2]], source[s[3]]};
    total += h * *(const four *)(weights + k * GROUP);
  }
  for (u32 c = 0; c < width; c++) sum[columns[c]] = total[c];
}

// The products of one block of sources with one segment of targets.
INLINE void add_block(uintptr_t arena, const span *s, const int V, u32 block, u32 segment) {
  const matrix *m = s->m;
  const u32 lanes = V == 0 ? 1 : V * LANES;
  u32 place = block * m->segments + segment, width = columns_of(m, segment);
  u32 start = AT(u32, m->starts)[place];
  const u16 *counts = AT(u16, m->counts) + (u64)place * GROUPS;
  const u16 *columns = AT(u16, m->columns) + (u64)place * SEGMENT;
  const u16 *sources = AT(u16, m->sources) + start;
  const float *weights = AT(float, m->weights) + start;
  const float *h = s->source + (u64)block * m->blockRows * lanes;
  float *sum = s->result + (u64)segment * SEGMENT * lanes;
  for (u32 group = 0; group * GROUP < width; group++) {
    u32 count = counts[group], in_group = width - group * GROUP;
    if (in_group > GROUP) in_group = GROUP;
    const u16 *targets = columns + group * GROUP;
    if (V == 0) add_group(sum, targets, in_group, h, sources, weights, count);
    else
      for (u32 c = 0; c < in_group; c++)
        add_target(V, sum + (u64)targets[c] * lanes, h, sources + c, weights + c, count);
    sources += count * GROUP;
    weights += count * GROUP;
  }
}

INLINE void add_lists_of(uintptr_t arena, const span *s, const int V) {
  for (u32 block = 0; block < s->m->blocks; block++) {
    if (is_quiet(s, block)) continue;
    for (u32 segment = s->first; segment < s->last; segment++)
      if (!s->needed || s->needed[segment]) add_block(arena, s, V, block, segment);
  }
}

static void add_lists(uintptr_t arena, const span *s) {
  switch (s->j->lanes / LANES) {
  case 0: add_lists_of(arena, s, 0); break;
  case 1: add_lists_of(arena, s, 1); break;
#if TILE_VECTORS > 1
  case 2: add_lists_of(arena, s, 2); break;
#endif
#if TILE_VECTORS > 2
  case 4: add_lists_of(arena, s, 4); break;
#endif
  }
}

INLINE u32 bits_of(float value) {
  union { float f; u32 bits; } given = {value};
  return given.bits;
}

INLINE void raise_to(u32 *largest, u32 bits) {
  u32 seen = __atomic_load_n(largest, __ATOMIC_RELAXED);
  while (seen < bits && !__atomic_compare_exchange_n(largest, &seen, bits, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

// Largest |after - before| of `count` units in `valid` of `lanes` lanes; before null is zero.
static void measure(job *j, const float *before, const float *after, u32 count, u32 lanes, u32 valid) {
  // of numbers >= 0 the bits are in the order of the values; NaN is above them all
  u32 largest = 0;
  u64 next = 0, end = (u64)count * lanes;
  if (valid == lanes) {
    ivec most = {0};
    for (; next + LANES <= end; next += LANES) {
      ivec change = (ivec)magnitude(load(after + next) - (before ? load(before + next) : broadcast(0.f)));
      ivec larger = change > most;
      most = (larger & change) | (~larger & most);
    }
    for (int i = 0; i < LANES; i++)
      if ((u32)most[i] > largest) largest = most[i];
  }
  for (; next < end; next++) {
    if (next % lanes >= valid) continue;
    u32 change = bits_of(__builtin_fabsf(after[next] - (before ? before[next] : 0.f)));
    if (change > largest) largest = change;
  }
  if (j->measured) raise_to(&j->residual, largest);
  if (largest) __atomic_store_n(&j->changed, 1, __ATOMIC_RELAXED);
}

// The state: f(gain sum + (drive + b)), or f of a step from the state before towards that sum.
static void finish(const span *s, u32 segment, u32 lanes, const float *sums) {
  u32 first = segment * SEGMENT, width = columns_of(s->m, segment), activation = s->j->activation;
  u64 at = (u64)first * lanes, count = (u64)width * lanes;
  const float *sum = sums + at, *drive = s->drive + at;
  float *state = s->result + at;
  vec gain = broadcast(s->j->gain);
  if (s->j->step != 1.f) {
    const float *before = s->source ? s->source + at : 0;
    for (u32 c = 0; c < width; c += lanes == 1 ? LANES : 1)
      for (u64 k = (u64)c * lanes; k < (lanes == 1 ? (u64)c + LANES : (u64)(c + 1) * lanes); k += LANES) {
        vec b = !s->bias ? broadcast(0.f) : lanes == 1 ? load(s->bias + first + k) : broadcast(s->bias[first + c]);
        vec goal = gain * load(sum + k) + (load(drive + k) + b), h = before ? load(before + k) : broadcast(0.f);
        store(state + k, activated(activation, h * s->j->kept + goal * s->j->step));
      }
  } else if (!s->bias) {
    for (u64 k = 0; k < count; k += LANES) store(state + k, activated(activation, gain * load(sum + k) + load(drive + k)));
  } else if (lanes == 1) {
    for (u64 k = 0; k < count; k += LANES)
      store(state + k, activated(activation, gain * load(sum + k) + (load(drive + k) + load(s->bias + first + k))));
  } else {
    for (u32 c = 0; c < width; c++)
      for (u64 k = (u64)c * lanes; k < (u64)(c + 1) * lanes; k += LANES)
        store(state + k, activated(activation, gain * load(sum + k) + (load(drive + k) + s->bias[first + c])));
  }
}

INLINE u8 all_zero(const float *values, u64 count) {
  for (u64 k = 0; k < count; k++)
    if (values[k] != 0.f) return 0;
  return 1;
}

#endif
