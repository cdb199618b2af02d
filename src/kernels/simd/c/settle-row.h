// The product of one row with a recurrent matrix in the forms that suit one row at a time. Same order, same bits.
#ifndef EDDY_SETTLE_ROW_H
#define EDDY_SETTLE_ROW_H

#include "settle.h"

// Targets of a panel: their sums stay in registers. The host lays panels out as wide as a tile (row-forms.ts).
#define PANEL (TILE_VECTORS * LANES)
// Slots: 32 targets by 32 sources at a time. Slot by slot each target has its next source that is not zero, as a number
// within the 32, which picks the source out of two registers; short lists are filled up with zeros.
#define SLOT_TARGETS 32
#define SLOT_SOURCES 32

// Zeros included, a panel of targets at a time.
static void add_panel(uintptr_t arena, const span *s, u32 panel) {
  const matrix *m = s->m;
  u32 first = panel * PANEL, count = m->neurons - first < PANEL ? m->neurons - first : PANEL;
  u32 vectors = (count + LANES - 1) / LANES;
  const float *weights = AT(float, m->panels) + (u64)panel * PANEL * m->neurons;
  float *result = s->result + first;
  vec total[PANEL / LANES];
  for (u32 v = 0; v < PANEL / LANES; v++) total[v] = v < vectors ? load(result + v * LANES) : broadcast(0.f);
  for (u32 segment = 0; segment < m->segments; segment++) {
    if (s->quiet && s->quiet[segment]) continue;
    u32 end = segment * SEGMENT + columns_of(m, segment);
    for (u32 i = segment * SEGMENT; i < end; i++) {
      vec h = broadcast(s->source[i]);
      const float *row = weights + (u64)i * PANEL;
      for (int v = 0; v < PANEL / LANES; v++) total[v] += h * load(row + v * LANES);
    }
  }
  for (u32 v = 0; v < vectors; v++) store(result + v * LANES, total[v]);
}

#if defined(__AVX512F__)
#include <immintrin.h>

static void add_slots(uintptr_t arena, const span *s, u32 set) {
  const matrix *m = s->m;
  u32 blocks = (m->neurons + SLOT_SOURCES - 1) / SLOT_SOURCES;
  const u8 *counts = AT(u8, m->slotCounts) + (u64)set * blocks;
  u32 start = AT(u32, m->slotStarts)[set];
  const float *weights = AT(float, m->slots) + start;
  const u8 *sources = AT(u8, m->slotSources) + start;
  float *result = s->result + (u64)set * SLOT_TARGETS;
  __m512 low = _mm512_loadu_ps(result), high = _mm512_loadu_ps(result + LANES);
  for (u32 block = 0; block < blocks; block++) {
    u32 count = counts[block];
    if (s->quiet && s->quiet[block * SLOT_SOURCES / SEGMENT]) {
      weights += count * SLOT_TARGETS;
      sources += count * SLOT_TARGETS;
      continue;
    }
    const float *h = s->source + (u64)block * SLOT_SOURCES;
    __m512 h0 = _mm512_loadu_ps(h), h1 = _mm512_loadu_ps(h + LANES);
    for (u32 k = 0; k < count; k++) {
      __m512i a = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)sources));
      __m512i b = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(sources + LANES)));
      low = _mm512_add_ps(low, _mm512_mul_ps(_mm512_permutex2var_ps(h0, a, h1), _mm512_loadu_ps(weights)));
      high = _mm512_add_ps(high, _mm512_mul_ps(_mm512_permutex2var_ps(h0, b, h1), _mm512_loadu_ps(weights + LANES)));
      weights += SLOT_TARGETS;
      sources += SLOT_TARGETS;
    }
  }
  _mm512_storeu_ps(result, low);
  _mm512_storeu_ps(result + LANES, high);
}
#endif

static void add_segment_of_row(uintptr_t arena, const span *s, u32 segment) {
  u32 first = segment * SEGMENT, end = first + columns_of(s->m, segment);
#if defined(__AVX512F__)
  if (s->j->form == SLOTS) {
    for (u32 set = first / SLOT_TARGETS; set * SLOT_TARGETS < end; set++) add_slots(arena, s, set);
    return;
  }
#endif
  for (u32 panel = first / PANEL; panel * PANEL < end; panel++) add_panel(arena, s, panel);
}

// Sum of the rows of those units that speak, each times what changed: targets of one panel.
static void add_active(uintptr_t arena, const matrix *m, const u32 *active, const float *delta, float *sum, u32 panel) {
  const u32 *starts = AT(u32, m->rowStarts) + (u64)panel * (m->neurons + 1);
  const u16 *targets = AT(u16, m->rowTargets);
  const float *weights = AT(float, m->rowWeights);
  float *result = sum + (u64)panel * m->rowPanelWidth;
  for (u32 k = 0; k < active[0]; k++) {
    u32 unit = active[k + 1];
    float change = delta[unit];
    for (u32 p = starts[unit]; p < starts[unit + 1]; p++) result[targets[p]] += change * weights[p];
  }
}

#endif
