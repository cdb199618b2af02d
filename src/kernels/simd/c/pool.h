// Threads that share one arena. The caller splits an operation into parts; each thread takes its own parts first,
// which stay in its caches from call to call, and then those that others have not begun. So nothing waits for a thread
// that sleeps, and what is computed does not depend on who computes it.
#ifndef EDDY_POOL_H
#define EDDY_POOL_H

#include "lanes.h"

#define MOST_THREADS 64

// A thread's parts that nobody has taken, in one word, so that a late thread can never take a part of another step:
// step (32 bits), next part (16), end (16).
typedef struct {
  u64 word;
  u32 apart[14];
} ticket;

typedef struct {
  u32 threads;  // those that take part, the caller among them; written by the host as they come
  u32 stop;     // written by the host: threads return
  u32 step;     // of the caller only
  u32 done;     // parts done since the start
  u32 operation, argument;
  u32 apart[10]; // the first two are the host's: how threads sleep and wake
  ticket tickets[MOST_THREADS];
} pool;

INLINE void pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void run_part(uintptr_t arena, u32 operation, u32 argument, u32 part);

// Takes one part and does it. Returns 0 when there is none.
static int take_part(uintptr_t arena, pool *shared, u32 me) {
  u32 threads = __atomic_load_n(&shared->threads, __ATOMIC_RELAXED);
  for (u32 k = 0; k < threads; k++) {
    u64 *word = &shared->tickets[(me + k) % threads].word;
    u64 seen = __atomic_load_n(word, __ATOMIC_ACQUIRE);
    while (((seen >> 16) & 0xffff) < (seen & 0xffff)) {
      u64 next = seen + 0x10000;
      if (!__atomic_compare_exchange_n(word, &seen, next, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) continue;
      run_part(arena, shared->operation, shared->argument, (seen >> 16) & 0xffff);
      __atomic_fetch_add(&shared->done, 1, __ATOMIC_ACQ_REL);
      return 1;
    }
  }
  return 0;
}

// Runs all parts of an operation and returns when they are done.
static void run_parts(uintptr_t arena, pool *shared, u32 operation, u32 argument, u32 parts) {
  u32 threads = __atomic_load_n(&shared->threads, __ATOMIC_RELAXED);
  // a ticket holds no more parts
  if (threads < 2 || parts < 2 || parts > 0xffff) {
    for (u32 part = 0; part < parts; part++) run_part(arena, operation, argument, part);
    return;
  }
  u32 before = __atomic_load_n(&shared->done, __ATOMIC_RELAXED);
  shared->operation = operation;
  shared->argument = argument;
  shared->step++;
  for (u32 k = 0; k < threads; k++) {
    u64 word = (u64)shared->step << 32 | (u64)(parts * k / threads) << 16 | (parts * (k + 1) / threads);
    __atomic_store_n(&shared->tickets[k].word, word, __ATOMIC_RELEASE);
  }
  while (take_part(arena, shared, 0)) {}
  while (__atomic_load_n(&shared->done, __ATOMIC_ACQUIRE) - before != parts) pause();
}

// What a thread other than the caller's does: looks for parts until it has found none so many times.
static void serve(uintptr_t arena, pool *shared, u32 me, u32 patience) {
  for (u32 idle = 0; idle < patience && !__atomic_load_n(&shared->stop, __ATOMIC_RELAXED);) {
    if (take_part(arena, shared, me)) {
      idle = 0;
    } else {
      idle++;
      pause();
    }
  }
}

#endif
