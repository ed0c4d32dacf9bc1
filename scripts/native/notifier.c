// notifier PAGES CHUNK ROUNDS: a task that invalidates mapped pages, CHUNK at a time, with the operations on shared words that
// src/workers/notifier.ts and what it calls take for each, in their order. Compiled with -DTRACE it prints those of one in the middle.
#include "operations.h"
#include <string.h>

enum { BASE_HVA = 1 << 29, FRAME = 2, GENERATION = 4, TLB_FLUSH = 1, IN_GUEST = 1, EXITING = 2 };
enum { INVALIDATE, FLUSH_REQUESTS, LEAFS_ZAPPED, COUNTERS };

static struct {
  _Alignas(LINE) Word mmu_lock;
  _Alignas(LINE) Word wait_lock;
  _Alignas(LINE) Word seq, in_progress, range_start, range_end;
  _Alignas(LINE) Word mn_lock;
  _Alignas(LINE) Word active;
  _Alignas(LINE) Word waiter;
  _Alignas(LINE) Word mode, requests;
  _Alignas(LINE) Word slots, slot[SLOT_FIELDS];
} vm;
static Word *ptes;

// What no other CPU sees.
static uint32_t counters[COUNTERS], highest_in_progress, highest_active, widest;
static struct {
  uint32_t path[ROOT_LEVEL + 1], next_gfn, yielded_gfn, gfn, spte;
  Word *sptep;
  int level, valid;
} iter;

static void count(int counter) { ((volatile uint32_t *)counters)[counter] += 1; }
static void count_highest(volatile uint32_t *counter, uint32_t value) {
  if (value > *counter) *counter = value;
}

static void lock(Word *word) {
  if (cas(word, 0, LOCKED) != 0) abort();
}
static void unlock(Word *word) { sub(*word, LOCKED); }
static void write_lock(void) {
  if (cas(&vm.mmu_lock, 0, WLOCKED) != 0) abort();
}
static void write_unlock(void) { sub(vm.mmu_lock, WLOCKED); }

// The first slot after `after` that overlaps [start, end); there is one slot, number 0.
static int next_overlapping(int after, uint32_t start, uint32_t end) {
  const int slots = (int)read(vm.slots);
  for (int slot = after + 1; slot < slots; slot += 1) {
    const uint32_t hva = read(vm.slot[SLOT_HVA]);
    if (hva >= end) continue;
    if (hva + read(vm.slot[SLOT_PAGES]) > start) return slot;
  }
  return -1;
}
static uint32_t first_gfn(uint32_t start) {
  const uint32_t hva = read(vm.slot[SLOT_HVA]);
  return read(vm.slot[SLOT_BASE]) + (start > hva ? start : hva) - hva;
}
static uint32_t end_gfn(uint32_t end) {
  const uint32_t hva = read(vm.slot[SLOT_HVA]);
  const uint32_t base = read(vm.slot[SLOT_BASE]), pages = read(vm.slot[SLOT_PAGES]);
  return base + (end - hva < pages ? end - hva : pages);
}

static void range_add(uint32_t start, uint32_t end) {
  const uint32_t was_start = read(vm.range_start), was_end = read(vm.range_end);
  const int is_unset = was_start == was_end;
  const uint32_t new_start = is_unset || start < was_start ? start : was_start;
  const uint32_t new_end = is_unset || end > was_end ? end : was_end;
  write(vm.range_start, new_start);
  write(vm.range_end, new_end);
  count_highest(&widest, new_end - new_start);
}

static uint32_t rounded(uint32_t gfn, int level) { return gfn >> ((level - 1) * 9) << ((level - 1) * 9); }
static void refresh(void) {
  iter.gfn = rounded(iter.next_gfn, iter.level);
  iter.sptep = sptep(iter.path[iter.level], iter.gfn, iter.level);
}
static void iter_start(uint32_t gfn) {
  iter.next_gfn = iter.yielded_gfn = gfn;
  iter.valid = 1;
  iter.level = ROOT_LEVEL;
  iter.path[ROOT_LEVEL] = 0;
  refresh();
  iter.spte = load_acquire(*iter.sptep);
}
static int step_down(void) {
  if (iter.level == 1) return 0;
  iter.spte = load_acquire(*iter.sptep);
  if ((iter.spte & PRESENT) == 0 || is_last(iter.spte, iter.level)) return 0;
  iter.level -= 1;
  iter.path[iter.level] = iter.spte >> PFN_SHIFT;
  refresh();
  iter.spte = load_acquire(*iter.sptep);
  return 1;
}
static int step_side(void) {
  if (((iter.gfn >> ((iter.level - 1) * 9)) & (ENTRIES - 1)) == ENTRIES - 1) return 0;
  iter.gfn += 1u << ((iter.level - 1) * 9);
  iter.next_gfn = iter.gfn;
  iter.sptep += 1;
  iter.spte = load_acquire(*iter.sptep);
  return 1;
}
static int step_up(void) {
  if (iter.level == ROOT_LEVEL) return 0;
  iter.level += 1;
  iter.gfn = rounded(iter.gfn, iter.level);
  iter.sptep = sptep(iter.path[iter.level], iter.gfn, iter.level);
  return 1;
}
static void iter_next(void) {
  if (step_down()) return;
  do {
    if (step_side()) return;
  } while (step_up());
  iter.valid = 0;
}

static int zap(uint32_t start, uint32_t end) {
  int flush = 0;
  for (iter_start(start); iter.valid && iter.gfn < end; iter_next()) {
    // No CPU waits for mmu_lock, so it is kept.
    if (load(vm.wait_lock) != 0) abort();
    if ((iter.spte & PRESENT) == 0 || !is_last(iter.spte, iter.level)) continue;
    xchg(*iter.sptep, 0);
    count(LEAFS_ZAPPED);
    flush = 1;
  }
  return flush;
}

static void flush_remote_tlbs(void) {
  count(FLUSH_REQUESTS);
  barrier(memory_order_release);
  set_bits(vm.requests, TLB_FLUSH);
  barrier(memory_order_seq_cst);
  if (cas(&vm.mode, IN_GUEST, EXITING) != 0) abort();
}

static void invalidate_start(uint32_t start, uint32_t end) {
  lock(&vm.mn_lock);
  const uint32_t active = read(vm.active);
  write(vm.active, active + 1);
  unlock(&vm.mn_lock);
  count_highest(&highest_active, active + 1);
  int locked = 0, flush = 0;
  for (int slot = next_overlapping(-1, start, end); slot >= 0; slot = next_overlapping(slot, start, end)) {
    if (!locked) {
      locked = 1;
      write_lock();
      const uint32_t in_progress = read(vm.in_progress);
      store(vm.in_progress, in_progress + 1);
      if (in_progress == 0) {
        write(vm.range_start, UINT32_MAX);
        write(vm.range_end, UINT32_MAX);
      }
      count_highest(&highest_in_progress, in_progress + 1);
    }
    const uint32_t first = first_gfn(start), last = end_gfn(end);
    range_add(first, last);
    flush |= zap(first, last);
  }
  if (flush) flush_remote_tlbs();
  if (locked) write_unlock();
  count(INVALIDATE);
}

static void migrate(uint32_t page, uint32_t pages) {
  for (const uint32_t end = page + pages; page < end; page += 1) {
    const uint32_t pte = load(ptes[page]);
    if ((pte & 1) != 0 && cas(&ptes[page], pte, (pte ^ FRAME) + GENERATION) != pte) abort();
  }
}

static void change_primary_mmu(uint32_t start, uint32_t end) {
  for (int slot = next_overlapping(-1, start, end); slot >= 0; slot = next_overlapping(slot, start, end)) {
    const uint32_t first = first_gfn(start), last = end_gfn(end);
    const uint32_t base = read(vm.slot[SLOT_BASE]);
    migrate(read(vm.slot[SLOT_HOST_PAGE]) + first - base, last - first);
  }
}

static void invalidate_end(uint32_t start, uint32_t end) {
  if (next_overlapping(-1, start, end) >= 0) {
    write_lock();
    const uint32_t seq = read(vm.seq);
    store(vm.seq, seq + 1);
    barrier(memory_order_release);
    const uint32_t in_progress = read(vm.in_progress);
    store(vm.in_progress, in_progress - 1);
    write_unlock();
    count(INVALIDATE);
  }
  lock(&vm.mn_lock);
  const uint32_t active = read(vm.active);
  write(vm.active, active - 1);
  unlock(&vm.mn_lock);
  if (active != 1) abort();
  barrier(memory_order_seq_cst);
  if (load(vm.waiter) != 0) abort();
}

// Every page is mapped, and the vCPU is outside of its guest.
static void reset(uint32_t pages) {
  memset(&vm, 0, sizeof vm);
  vm.slots = 1;
  vm.slot[SLOT_BASE] = BASE_GFN;
  vm.slot[SLOT_PAGES] = pages;
  vm.slot[SLOT_HVA] = BASE_HVA;
  uint32_t tables = 1;
  for (uint32_t page = 0; page < pages; page += 1) {
    uint32_t table = 0;
    for (int level = ROOT_LEVEL; level > 1; level -= 1) {
      Word *at = sptep(table, BASE_GFN + page, level);
      if (*at == 0) *at = (tables++ << PFN_SHIFT) | PRESENT | ACCESSED | R | W | X;
      table = *at >> PFN_SHIFT;
    }
    *sptep(table, BASE_GFN + page, 1) = (page << (PFN_SHIFT + 1)) | PRESENT | ACCESSED | R | W | X;
    ptes[page] = 1;
  }
}

int main(int count, char **words) {
  if (count != 4) return 2;
  const uint32_t pages = (uint32_t)atol(words[1]), chunk = (uint32_t)atol(words[2]);
  const size_t bytes = (pages / ENTRIES + 16) * ENTRIES * sizeof *entries;
  entries = aligned_alloc(4096, bytes);
  ptes = aligned_alloc(4096, pages * sizeof *ptes);
  if (entries == NULL || ptes == NULL) return 3;
  for (int round = 0; round < atoi(words[3]); round += 1) {
    memset(entries, 0, bytes);
    reset(pages);
    const uint32_t zapped = counters[LEAFS_ZAPPED];
    const double began = now();
    for (uint32_t page = 0; page < pages; page += chunk) {
#ifdef TRACE
      is_traced = page == pages / 2 + 8 * chunk;
#endif
      const uint32_t start = BASE_HVA + page, end = start + chunk;
      invalidate_start(start, end);
      change_primary_mmu(start, end);
      invalidate_end(start, end);
    }
    const double took = now() - began;
    if (counters[LEAFS_ZAPPED] - zapped != pages) return 4;
#ifndef TRACE
    printf("%.3f\n", took / (pages / chunk));
#else
    (void)took;
#endif
  }
  return 0;
}
