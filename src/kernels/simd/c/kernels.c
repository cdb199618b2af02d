// The kernels of the simd backend: one source for all processors, compiled once for each (see build-kernels.mjs).
#include "dense.h"
#include "iterate.h"
#include "learn.h"

#ifndef VARIANT
#define VARIANT wasm
#endif
#define NAME_OF(name, variant) name##_##variant
#define NAME(name, variant) NAME_OF(name, variant)
#if defined(__wasm__)
#define EXPORT(name) __attribute__((export_name(name)))
#else
#define EXPORT(name)
#endif

static void run_part(uintptr_t arena, u32 operation, u32 argument, u32 part) {
  switch (operation) {
  case SETTLE: settle_part(arena, AT(settling, argument), part); break;
  case PROJECT: project_part(arena, AT(projecting, argument), part); break;
  case LEARN: learn_part(arena, AT(learning, argument), part); break;
  }
}

static void run_learn(uintptr_t arena, pool *shared, u32 offset) {
  learning *l = AT(learning, offset);
  for (u32 k = 0; k < l->count; k++) {
    const gradient *g = AT(gradient, l->terms) + k;
    if (g->lanes == 1) continue;
    l->transposing = k + 1;
    run_parts(arena, shared, LEARN, offset, g->tiles);
  }
  l->transposing = 0;
  run_parts(arena, shared, LEARN, offset, l->chunks);
}

static void each(uintptr_t arena, const elementwise *e, u32 operation) {
  const float *a = AT(float, e->a), *b = AT(float, e->b);
  float *result = AT(float, e->result);
  for (u64 k = 0; k < (u64)e->count * LANES; k += LANES)
    store(result + k, operation == DIFFERENCE ? load(a + k) - load(b + k) : load(b + k) * slope(e->activation, load(a + k)));
}

static void pack(uintptr_t arena, const packing *p, int back) {
  float *rows = AT(float, p->rows), *tiles = AT(float, p->tiles);
  for (u32 tile = 0; tile * p->lanes < p->batch; tile++) {
    float *at = tiles + (u64)tile * p->lanes * p->units;
    for (u32 unit = 0; unit < p->units; unit++)
      for (u32 lane = 0; lane < p->lanes; lane++) {
        u32 row = tile * p->lanes + lane;
        float *value = at + (u64)unit * p->lanes + lane;
        if (back) {
          if (row < p->batch) rows[(u64)row * p->units + unit] = *value;
        } else {
          *value = row < p->batch ? rows[(u64)row * p->units + unit] : 0.f;
        }
      }
  }
}

// Runs one operation; its argument is the offset of its command.
EXPORT("run") void NAME(eddy_run, VARIANT)(uintptr_t arena, u32 pooled, u32 operation, u32 argument) {
  pool *shared = AT(pool, pooled);
  switch (operation) {
  case SETTLE: run_settle(arena, shared, argument); break;
  case PROJECT: run_parts(arena, shared, PROJECT, argument, AT(projecting, argument)->tiles * AT(projecting, argument)->chunks); break;
  case LEARN: run_learn(arena, shared, argument); break;
  case DIFFERENCE:
  case DERIVATIVE: each(arena, AT(elementwise, argument), operation); break;
  case PACK:
  case UNPACK: pack(arena, AT(packing, argument), operation == UNPACK); break;
  }
}

// A thread's part in it.
EXPORT("serve") void NAME(eddy_serve, VARIANT)(uintptr_t arena, u32 pooled, u32 me, u32 patience) {
  serve(arena, AT(pool, pooled), me, patience);
}

// The widest tile, in lanes, and the forms that this processor has.
EXPORT("lanes") u32 NAME(eddy_lanes, VARIANT)(void) { return TILE_VECTORS * LANES; }
EXPORT("slots") u32 NAME(eddy_slots, VARIANT)(void) {
#if defined(__AVX512F__)
  return 1;
#else
  return 0;
#endif
}
