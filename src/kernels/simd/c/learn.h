// Gradient and optimiser in one pass over the weights: gradient = sum over terms of scale * source^T error, stimulus by
// stimulus in ascending order.
#ifndef EDDY_LEARN_H
#define EDDY_LEARN_H

#include "commands.h"

// Targets whose weights are learned at once.
#define LEARN_COLUMNS (TILE_VECTORS * LANES)

INLINE u32 padded(u32 columns) { return (columns + LEARN_COLUMNS - 1) / LEARN_COLUMNS * LEARN_COLUMNS; }

// Brings the errors of one tile of a term into rows [batch][padded columns], filled up with zeros.
static void rows_of_errors(uintptr_t arena, const learning *l, const gradient *g, u32 tile) {
  const float *error = AT(float, g->error) + ((u64)tile * g->errorUnits + g->errorStart) * g->lanes;
  u32 width = padded(l->columns), rest = g->batch - tile * g->lanes, lanes = rest < g->lanes ? rest : g->lanes;
  float *rows = AT(float, g->rows) + (u64)tile * g->lanes * width;
  for (u32 lane = 0; lane < lanes; lane++) {
    float *row = rows + (u64)lane * width;
    for (u32 c = 0; c < width; c++) row[c] = c < l->columns ? error[(u64)c * g->lanes + lane] : 0.f;
  }
}

// total += scale * sum over the batch, for ROWS sources and one panel of targets.
INLINE void add_gradient(const int ROWS, uintptr_t arena, const learning *l, const gradient *g, u32 row, u32 column,
                         vec total[LEARN_ROWS][TILE_VECTORS]) {
  vec sum[LEARN_ROWS][TILE_VECTORS];
  u32 width = padded(l->columns);
  const float *error = AT(float, g->rows) + column;
  for (int r = 0; r < ROWS; r++)
    for (int v = 0; v < TILE_VECTORS; v++) sum[r][v] = broadcast(0.f);
  for (u32 tile = 0; tile < g->tiles; tile++) {
    u32 rest = g->batch - tile * g->lanes, lanes = rest < g->lanes ? rest : g->lanes;
    const float *source = g->source ? AT(float, g->source) + ((u64)tile * g->sourceUnits + g->sourceStart + row) * g->lanes : 0;
    for (u32 lane = 0; lane < lanes; lane++) {
      for (int r = 0; r < ROWS; r++) {
        vec h = broadcast(source ? source[(u64)r * g->lanes + lane] : 1.f);
        for (int v = 0; v < TILE_VECTORS; v++) sum[r][v] += h * load(error + v * LANES);
      }
      error += width;
    }
  }
  for (int r = 0; r < ROWS; r++)
    for (int v = 0; v < TILE_VECTORS; v++) total[r][v] += sum[r][v] * g->scale;
}

// One row and one stimulus at a time: nothing to bring into rows.
INLINE void add_gradient_of_one(uintptr_t arena, const gradient *g, u32 row, u32 column, u32 count, vec *total) {
  const float *error = AT(float, g->error) + g->errorStart + column;
  for (u32 v = 0; v * LANES < count; v++) {
    vec sum = broadcast(0.f);
    for (u32 b = 0; b < g->tiles; b++) {
      float h = g->source ? AT(float, g->source)[(u64)b * g->sourceUnits + g->sourceStart + row] : 1.f;
      sum += broadcast(h) * load(error + (u64)b * g->errorUnits + v * LANES);
    }
    total[v] += sum * g->scale;
  }
}

// The optimiser's step of up to 16 weights, from their gradient.
INLINE vec adam(const learning *l, vec w, vec *m, vec *v, vec g) {
  *m = *m * l->beta1 + g * (1.f - l->beta1);
  *v = *v * l->beta2 + (g * g) * (1.f - l->beta2);
  return w - (*m * l->rate) / (square_root(*v * l->secondFactor) + l->epsilon);
}

static void apply(uintptr_t arena, const learning *l, u64 at, u32 count, vec g) {
  float *w = AT(float, l->weights) + at, *result = l->result ? AT(float, l->result) + at : 0;
  float *m = AT(float, l->first) + at, *v = AT(float, l->second) + at;
  if (count >= LANES) {
    if (result) store(result, g);
    if (!l->adam) {
      store(w, load(w) - g * l->rate);
      return;
    }
    vec first = load(m), second = load(v);
    store(w, adam(l, load(w), &first, &second, g));
    store(m, first);
    store(v, second);
    return;
  }
  vec weights = broadcast(0.f), first = weights, second = weights;
  for (u32 c = 0; c < count; c++) {
    weights[c] = w[c];
    if (l->adam) first[c] = m[c], second[c] = v[c];
  }
  vec after = weights - g * l->rate;
  if (l->adam) after = adam(l, weights, &first, &second, g);
  for (u32 c = 0; c < count; c++) {
    w[c] = after[c];
    if (l->adam) m[c] = first[c], v[c] = second[c];
    if (result) result[c] = g[c];
  }
}

INLINE void learn_panel(const int ROWS, uintptr_t arena, const learning *l, u32 row, u32 column) {
  vec total[LEARN_ROWS][TILE_VECTORS];
  u32 count = l->columns - column < LEARN_COLUMNS ? l->columns - column : LEARN_COLUMNS;
  for (int r = 0; r < ROWS; r++)
    for (int v = 0; v < TILE_VECTORS; v++) total[r][v] = broadcast(0.f);
  for (u32 k = 0; k < l->count; k++) {
    const gradient *g = AT(gradient, l->terms) + k;
    if (g->lanes > 1) add_gradient(ROWS, arena, l, g, row, column, total);
    else
      for (int r = 0; r < ROWS; r++) add_gradient_of_one(arena, g, row + r, column, count, total[r]);
  }
  for (int r = 0; r < ROWS; r++)
    for (u32 c = 0; c < count; c += LANES)
      apply(arena, l, (u64)(row + r) * l->columns + column + c, count - c, total[r][c / LANES]);
}

static void learn_part(uintptr_t arena, const learning *l, u32 part) {
  if (l->transposing) {
    rows_of_errors(arena, l, AT(gradient, l->terms) + l->transposing - 1, part);
    return;
  }
  u32 first = (u64)l->rows * part / l->chunks, last = (u64)l->rows * (part + 1) / l->chunks;
  for (u32 column = 0; column < l->columns; column += LEARN_COLUMNS) {
    u32 row = first;
    for (; row + LEARN_ROWS <= last; row += LEARN_ROWS) learn_panel(LEARN_ROWS, arena, l, row, column);
    for (; row < last; row++) learn_panel(1, arena, l, row, column);
  }
}

#endif
