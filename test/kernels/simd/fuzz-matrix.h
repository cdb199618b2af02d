// Random recurrent matrices in all forms of commands.h, made anew after its comments and not after the TypeScript.
#ifndef FUZZ_MATRIX_H
#define FUZZ_MATRIX_H

#include "fuzz-arena.h"

typedef struct {
  u32 neurons, offset;
  float *weights; // [from][to]
} dense_matrix;

static float weight(const dense_matrix *d, u32 from, u32 to) { return d->weights[(u64)from * d->neurons + to]; }

static u32 sources_in(const dense_matrix *d, u32 first, u32 end, u32 to) {
  u32 count = 0;
  for (u32 from = first; from < end && from < d->neurons; from++) count += weight(d, from, to) != 0;
  return count;
}

static void make_lists(const dense_matrix *d, matrix *m) {
  u32 places = m->blocks * m->segments, room = 0;
  u32 *starts = calloc(places, sizeof(u32));
  u16 *counts = calloc((u64)places * GROUPS, sizeof(u16)), *columns = calloc((u64)places * SEGMENT, sizeof(u16));
  u16 *sources = malloc(1);
  float *weights = malloc(1);
  u32 next = 0;
  for (u32 place = 0; place < places; place++) {
    u32 block = place / m->segments, segment = place % m->segments;
    u32 first = block * m->blockRows, end = first + m->blockRows, width = columns_of(m, segment);
    u16 *order = columns + (u64)place * SEGMENT;
    u32 lengths[SEGMENT];
    starts[place] = next;
    for (u32 c = 0; c < width; c++) {
      u32 length = sources_in(d, first, end, segment * SEGMENT + c), at = c;
      for (; at > 0 && lengths[at - 1] < length; at--) lengths[at] = lengths[at - 1], order[at] = order[at - 1];
      lengths[at] = length, order[at] = c;
    }
    for (u32 group = 0; group * GROUP < width; group++) {
      u32 longest = counts[(u64)place * GROUPS + group] = lengths[group * GROUP];
      if (next + longest * GROUP > room) {
        room = 2 * room + longest * GROUP;
        sources = realloc(sources, room * sizeof(u16));
        weights = realloc(weights, room * sizeof(float));
      }
      memset(sources + next, 0, longest * GROUP * sizeof(u16));
      memset(weights + next, 0, longest * GROUP * sizeof(float));
      for (u32 c = 0; c < GROUP && group * GROUP + c < width; c++) {
        u32 to = segment * SEGMENT + order[group * GROUP + c], k = 0;
        for (u32 from = first; from < end && from < d->neurons; from++) {
          if (weight(d, from, to) == 0) continue;
          sources[next + k * GROUP + c] = from - first;
          weights[next + k++ * GROUP + c] = weight(d, from, to);
        }
      }
      next += longest * GROUP;
    }
  }
  m->starts = keep(starts, places * sizeof(u32));
  m->counts = keep(counts, (u64)places * GROUPS * sizeof(u16));
  m->columns = keep(columns, (u64)places * SEGMENT * sizeof(u16));
  m->sources = keep(sources, next * sizeof(u16));
  m->weights = keep(weights, next * sizeof(float));
  free(starts), free(counts), free(columns), free(sources), free(weights);
}

static void make_panels(const dense_matrix *d, matrix *m) {
  u32 panels = (d->neurons + PANEL - 1) / PANEL;
  m->panels = allocate((u64)panels * d->neurons * PANEL * sizeof(float));
  float *values = AT(float, m->panels);
  for (u32 panel = 0; panel < panels; panel++)
    for (u32 from = 0; from < d->neurons; from++)
      for (u32 c = 0; c < PANEL; c++) {
        u32 to = panel * PANEL + c;
        *values++ = to < d->neurons ? weight(d, from, to) : 0;
      }
}

static void make_slots(const dense_matrix *d, matrix *m) {
  u32 sets = (d->neurons + SLOT_TARGETS - 1) / SLOT_TARGETS, blocks = (d->neurons + SLOT_SOURCES - 1) / SLOT_SOURCES;
  u32 *starts = calloc(sets, sizeof(u32)), next = 0;
  u8 *counts = calloc((u64)sets * blocks, 1);
  u64 most = (u64)sets * SLOT_TARGETS * blocks * SLOT_SOURCES;
  float *weights = calloc(most, sizeof(float));
  u8 *sources = calloc(most, 1);
  for (u32 set = 0; set < sets; set++) {
    starts[set] = next;
    for (u32 block = 0; block < blocks; block++) {
      u32 first = block * SLOT_SOURCES, longest = 0;
      for (u32 c = 0; c < SLOT_TARGETS && set * SLOT_TARGETS + c < d->neurons; c++) {
        u32 to = set * SLOT_TARGETS + c, slot = 0;
        for (u32 from = first; from < first + SLOT_SOURCES && from < d->neurons; from++) {
          if (weight(d, from, to) == 0) continue;
          sources[next + slot * SLOT_TARGETS + c] = from - first;
          weights[next + slot++ * SLOT_TARGETS + c] = weight(d, from, to);
        }
        if (slot > longest) longest = slot;
      }
      counts[(u64)set * blocks + block] = longest;
      next += longest * SLOT_TARGETS;
    }
  }
  m->slotStarts = keep(starts, sets * sizeof(u32));
  m->slotCounts = keep(counts, (u64)sets * blocks);
  m->slotSources = keep(sources, next);
  m->slots = keep(weights, next * sizeof(float));
  free(starts), free(counts), free(weights), free(sources);
}

static void make_rows(const dense_matrix *d, matrix *m) {
  m->rowPanelWidth = between(1, m->segments) * SEGMENT;
  m->rowPanels = (d->neurons + m->rowPanelWidth - 1) / m->rowPanelWidth;
  u32 *starts = calloc((u64)m->rowPanels * (d->neurons + 1), sizeof(u32)), next = 0;
  u16 *targets = calloc((u64)d->neurons * d->neurons, sizeof(u16));
  float *weights = calloc((u64)d->neurons * d->neurons, sizeof(float));
  for (u32 panel = 0; panel < m->rowPanels; panel++) {
    u32 first = panel * m->rowPanelWidth, *own = starts + (u64)panel * (d->neurons + 1);
    for (u32 from = 0; from < d->neurons; from++) {
      own[from] = next;
      for (u32 to = first; to < first + m->rowPanelWidth && to < d->neurons; to++) {
        if (weight(d, from, to) == 0) continue;
        targets[next] = to - first;
        weights[next++] = weight(d, from, to);
      }
    }
    own[d->neurons] = next;
  }
  m->rowStarts = keep(starts, (u64)m->rowPanels * (d->neurons + 1) * sizeof(u32));
  m->rowTargets = keep(targets, next * sizeof(u16));
  m->rowWeights = keep(weights, next * sizeof(float));
  free(starts), free(targets), free(weights);
}

// Its weights are so weak that errors of rounding do not grow, and a column in ten has none.
static dense_matrix random_matrix(void) {
  dense_matrix d = {.neurons = chance(0.3) ? between(1, 40) : between(1, 300)};
  double density = chance(0.2) ? 1 : chance(0.1) ? 0 : uniform(0, 0.5);
  float strength = 1.2f / sqrtf((float)(d.neurons * density) + 1);
  d.weights = calloc((u64)d.neurons * d.neurons, sizeof(float));
  for (u32 to = 0; to < d.neurons; to++) {
    if (chance(0.1)) continue;
    for (u32 from = 0; from < d.neurons; from++)
      if (chance(density)) d.weights[(u64)from * d.neurons + to] = uniform(-strength, strength);
  }
  matrix m = {.neurons = d.neurons, .segments = (d.neurons + SEGMENT - 1) / SEGMENT};
  m.blockRows = between(1, m.segments) * SEGMENT;
  m.blocks = (d.neurons + m.blockRows - 1) / m.blockRows;
  make_lists(&d, &m);
  make_panels(&d, &m);
  make_slots(&d, &m);
  make_rows(&d, &m);
  d.offset = keep(&m, sizeof m);
  return d;
}

#endif
