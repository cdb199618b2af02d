// Pathways and readouts: sums over dense weights [from, to]. Each term is summed source by source in ascending order,
// scaled, and added to what was there; sources at zero may be left out.
#ifndef EDDY_DENSE_H
#define EDDY_DENSE_H

#include "commands.h"

// COLUMNS targets of a term at once, for a tile of V vectors: result += scale * sum.
INLINE void project_columns(const int V, const int COLUMNS, const float *source, u32 count, const float *weights, u32 stride,
                            float scale, float *result) {
  vec total[DENSE_COLUMNS][4];
  for (int c = 0; c < COLUMNS; c++)
    for (int v = 0; v < V; v++) total[c][v] = broadcast(0.f);
  for (u32 i = 0; i < count; i++) {
    const float *h = source + (u64)i * V * LANES, *row = weights + (u64)i * stride;
    for (int c = 0; c < COLUMNS; c++) {
      vec w = broadcast(row[c]);
      for (int v = 0; v < V; v++) total[c][v] += w * load(h + v * LANES);
    }
  }
  for (int c = 0; c < COLUMNS; c++)
    for (int v = 0; v < V; v++) {
      float *to = result + (c * V + v) * LANES;
      store(to, load(to) + total[c][v] * scale);
    }
}

INLINE void project_tile(const int V, const term *t, const float *source, const float *weights, float *result, u32 first,
                         u32 last) {
  u32 c = first;
  for (; c + DENSE_COLUMNS <= last; c += DENSE_COLUMNS)
    project_columns(V, DENSE_COLUMNS, source, t->sourceCount, weights + c, t->targetCount, t->scale,
                    result + (u64)c * V * LANES);
  for (; c < last; c++)
    project_columns(V, 1, source, t->sourceCount, weights + c, t->targetCount, t->scale, result + (u64)c * V * LANES);
}

// VECTORS * 16 targets of a term at once, for one row.
INLINE void project_row(const int VECTORS, const term *t, const float *source, const float *weights, const u32 *active,
                        u32 count, float *result, u32 first, u32 last) {
  vec total[8];
  for (int v = 0; v < VECTORS; v++) total[v] = broadcast(0.f);
  for (u32 k = 0; k < count; k++) {
    vec h = broadcast(source[active[k]]);
    const float *row = weights + (u64)active[k] * t->targetCount + first;
    for (int v = 0; v < VECTORS; v++) total[v] += h * load(row + v * LANES);
  }
  float sums[8 * LANES];
  for (int v = 0; v < VECTORS; v++) store(sums + v * LANES, total[v] * t->scale);
  for (u32 c = first; c < last; c++) result[c] += sums[c - first];
}

// Softmax over the units of a tile.
static void softmax(float *values, u32 units, u32 lanes) {
  if (lanes == 1) {
    float largest = values[0], total = 0;
    for (u32 c = 1; c < units; c++)
      if (values[c] > largest) largest = values[c];
    for (u32 c = 0; c < units; c++) total += values[c] = exponential(broadcast(values[c] - largest))[0];
    for (u32 c = 0; c < units; c++) values[c] /= total;
    return;
  }
  for (u32 v = 0; v < lanes; v += LANES) {
    float *at = values + v;
    vec largest = load(at), total = broadcast(0.f);
    for (u32 c = 1; c < units; c++) {
      vec x = load(at + (u64)c * lanes);
      largest = choose(x > largest, x, largest);
    }
    for (u32 c = 0; c < units; c++) {
      vec x = exponential(load(at + (u64)c * lanes) - largest);
      store(at + (u64)c * lanes, x);
      total += x;
    }
    for (u32 c = 0; c < units; c++) store(at + (u64)c * lanes, load(at + (u64)c * lanes) / total);
  }
}

static void start_projection(uintptr_t arena, const projecting *p, u32 tile, u32 first, u32 last) {
  u64 offset = ((u64)tile * p->units + first) * p->lanes;
  float *result = AT(float, p->result) + offset;
  const float *base = p->base ? AT(float, p->base) + offset : 0, *bias = p->bias ? AT(float, p->bias) + first : 0;
  for (u32 c = 0; c < last - first; c++)
    for (u32 lane = 0; lane < p->lanes; lane++) {
      u64 at = (u64)c * p->lanes + lane;
      result[at] = (base ? base[at] : 0.f) + (bias ? bias[c] : 0.f);
    }
}

// A term's targets within [first, last) of the units.
static void add_term(uintptr_t arena, const projecting *p, const term *t, u32 tile, u32 first, u32 last, u32 *active) {
  const float *source = AT(float, t->source) + ((u64)tile * t->sourceUnits + t->sourceStart) * p->lanes;
  const float *weights = AT(float, t->weights);
  float *result = AT(float, p->result) + ((u64)tile * p->units + t->targetStart) * p->lanes;
  u32 from = first > t->targetStart ? first - t->targetStart : 0;
  u32 end = last > t->targetStart ? last - t->targetStart : 0;
  if (end > t->targetCount) end = t->targetCount;
  if (from >= end) return;
  switch (p->lanes / LANES) {
  case 0: {
    u32 count = 0;
    for (u32 i = 0; i < t->sourceCount; i++) {
      active[count] = i;
      count += source[i] != 0.f;
    }
    for (; from + 8 * LANES <= end; from += 8 * LANES)
      project_row(8, t, source, weights, active, count, result, from, from + 8 * LANES);
    for (; from < end; from += LANES)
      project_row(1, t, source, weights, active, count, result, from, from + LANES < end ? from + LANES : end);
    break;
  }
  case 1: project_tile(1, t, source, weights, result, from, end); break;
#if TILE_VECTORS > 1
  case 2: project_tile(2, t, source, weights, result, from, end); break;
#endif
#if TILE_VECTORS > 2
  case 4: project_tile(4, t, source, weights, result, from, end); break;
#endif
  }
}

static void project_part(uintptr_t arena, const projecting *p, u32 part) {
  u32 tile = part / p->chunks, chunk = part % p->chunks;
  // whole vectors of targets, so that a chunk's last ones are not cut
  u32 vectors = (p->units + LANES - 1) / LANES;
  u32 first = vectors * chunk / p->chunks * LANES, last = vectors * (chunk + 1) / p->chunks * LANES;
  if (last > p->units) last = p->units;
  start_projection(arena, p, tile, first, last);
  u32 *active = AT(u32, p->scratch + part * p->scratchStride);
  for (u32 k = 0; k < p->count; k++) add_term(arena, p, AT(term, p->terms) + k, tile, first, last, active);
  float *result = AT(float, p->result) + (u64)tile * p->units * p->lanes;
  if (p->nonlinearity == SOFTMAX) softmax(result, p->units, p->lanes);
  else if (p->nonlinearity != NOTHING && first < last) {
    float *values = result + (u64)first * p->lanes;
    for (u64 k = 0; k < (u64)(last - first) * p->lanes; k += LANES)
      store(values + k, activated(p->nonlinearity, load(values + k)));
  }
}

#endif
