// What fault.c and notifier.c share: operations on shared words, by the names of src/shared-memory/cpu.ts, and page tables.
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include "locks.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef TRACE
static int is_traced;
#define NOTE(name) (is_traced ? (void)puts(name) : (void)0)
#else
#define NOTE(name) ((void)0)
#endif

typedef _Atomic uint32_t Word;
enum { BASE_GFN = 1 << 20, ENTRIES = 512, ROOT_LEVEL = 4 };
enum { R = 1, W = 2, X = 4, ACCESSED = 8, PRESENT = 64, LARGE = 128, PFN_SHIFT = 8 };
enum { SLOT_BASE, SLOT_PAGES, SLOT_HVA, SLOT_HOST_PAGE, SLOT_FLAGS, SLOT_FIELDS };

#define read(word) (NOTE("read"), relaxed_of(word))
#define write(word, value) (NOTE("write"), set(word, value))
#define load(word) (NOTE("load"), atomic_load(&(word)))
#define load_acquire(word) (NOTE("loadAcquire"), acquire_of(word))
#define store(word, value) (NOTE("store"), atomic_store(&(word), value))
#define store_release(word, value) (NOTE("storeRelease"), publish(word, value))
#define add(word, value) (NOTE("add"), atomic_fetch_add(&(word), value))
#define sub(word, value) (NOTE("sub"), atomic_fetch_sub(&(word), value))
#define set_bits(word, value) (NOTE("or"), atomic_fetch_or(&(word), value))
#define xchg(word, value) (NOTE("xchg"), atomic_exchange(&(word), value))
#define barrier(order) (NOTE("barrier"), atomic_thread_fence(order))

static inline uint32_t cas(Word *word, uint32_t expected, uint32_t value) {
  NOTE("cas");
  atomic_compare_exchange_strong(word, &expected, value);
  return expected;
}

static Word *entries;

static inline Word *sptep(uint32_t table, uint32_t gfn, int level) {
  return &entries[table * ENTRIES + ((gfn >> ((level - 1) * 9)) & (ENTRIES - 1))];
}
static inline int is_last(uint32_t spte, int level) { return level == 1 || (spte & LARGE) != 0; }

static inline double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

#endif
