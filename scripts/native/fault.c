// fault PAGES ROUNDS: a vCPU that touches fresh pages one after the other, with the operations on shared words that src/workers/vcpu.ts
// and src/protocols/fault.ts take for each, in their order. Compiled with -DTRACE it prints those of one fault in the middle instead.
#include "operations.h"
#include <string.h>

enum { TLB = 512, RETRY = 1, FIXED = 4 };
enum { DIRTY = 16, FROZEN = 0x5a0 };
enum { EXITS, TAKEN, MAPPED, ACCESSES, COUNTERS };

static struct {
  _Alignas(LINE) Word mode, requests;
  _Alignas(LINE) Word mmu_lock;
  _Alignas(LINE) Word seq, in_progress;
  _Alignas(LINE) Word slots, slot[SLOT_FIELDS];
  _Alignas(LINE) Word next_table, stop;
} vm;
static Word *ptes, *refs;
static size_t tables;

// What no other CPU sees.
static uint32_t cache[3], counters[COUNTERS], tlb_gfn[TLB], tlb_access[TLB];
static int cached;

static void count(int counter) { ((volatile uint32_t *)counters)[counter] += 1; }

static void enter_guest(void) {
  if (load(vm.requests) != 0) abort();
  store_release(vm.mode, 1);
  barrier(memory_order_seq_cst);
  if (load(vm.mode) != 1 || load(vm.requests) != 0) abort();
}

static void exit_guest(void) {
  count(EXITS);
  store(vm.mode, 0);
  barrier(memory_order_release);
}

// The hardware's walk.
static uint32_t walk(uint32_t gfn) {
  uint32_t table = 0;
  for (int level = ROOT_LEVEL; level >= 1; level -= 1) {
    const uint32_t spte = load_acquire(*sptep(table, gfn, level));
    if ((spte & PRESENT) == 0) return 0;
    if (is_last(spte, level)) return spte;
    table = spte >> PFN_SHIFT;
  }
  return 0;
}

static int access_memory(uint32_t gfn) {
  count(ACCESSES);
  const uint32_t at = gfn % TLB;
  if (tlb_gfn[at] == gfn && (tlb_access[at] & W) != 0) return 1;
  const uint32_t spte = walk(gfn);
  if ((spte & W) == 0) return 0;
  tlb_gfn[at] = gfn;
  tlb_access[at] = spte;
  return 1;
}

static int find_memslot(uint32_t gfn) {
  uint32_t low = 0, high = read(vm.slots);
  while (low < high) {
    const uint32_t middle = (low + high) >> 1;
    if (gfn >= read(vm.slot[SLOT_BASE])) low = middle + 1;
    else high = middle;
  }
  if (low == 0) return 0;
  const uint32_t base = read(vm.slot[SLOT_BASE]);
  return gfn - base < read(vm.slot[SLOT_PAGES]);
}

static void topup(void) {
  if (cached == 3) return;
  const uint32_t first = add(vm.next_table, (uint32_t)(3 - cached));
  if (first + 3 >= tables) abort();
  for (uint32_t table = first + 1; cached < 3; table += 1) cache[cached++] = table;
}

static int is_invalidated(uint32_t seq) { return load(vm.in_progress) != 0 || load(vm.seq) != seq; }

static uint32_t fault_in(uint32_t page) {
  for (;;) {
    uint32_t pte = load(ptes[page]);
    if ((pte & 1) == 0) {
      if (cas(&ptes[page], pte, (pte | 1) + 4) != pte) continue;
      pte = (pte | 1) + 4;
    }
    const uint32_t pfn = page * 2 + ((pte & 2) >> 1);
    add(refs[pfn], 1);
    if (load(ptes[page]) == pte) return pfn;
    sub(refs[pfn], 1);
  }
}

static uint32_t child_for(Word *at, uint32_t spte) {
  if ((spte & PRESENT) != 0) return spte >> PFN_SHIFT;
  const uint32_t table = cache[--cached];
  return cas(at, spte, (table << PFN_SHIFT) | PRESENT | ACCESSED | R | W | X) == spte ? table : 0;
}

static int map(uint32_t gfn, uint32_t pfn) {
  uint32_t table = 0;
  for (int level = ROOT_LEVEL;; level -= 1) {
    Word *at = sptep(table, gfn, level);
    const uint32_t spte = load_acquire(*at);
    if (spte == FROZEN) return RETRY;
    if (level == 1) {
      const uint32_t leaf = (pfn << PFN_SHIFT) | PRESENT | ACCESSED | DIRTY | R | W | X;
      return cas(at, spte, leaf) == spte ? FIXED : RETRY;
    }
    table = child_for(at, spte);
    if (table == 0) return RETRY;
  }
}

static int page_fault(uint32_t gfn) {
  count(TAKEN);
  if (!find_memslot(gfn)) abort();
  topup();
  const uint32_t seq = read(vm.seq);
  barrier(memory_order_acquire);
  if (read(vm.slot[SLOT_FLAGS]) != 0) abort();
  if (is_invalidated(seq)) return RETRY;
  const uint32_t base = read(vm.slot[SLOT_BASE]);
  const uint32_t pfn = fault_in(read(vm.slot[SLOT_HOST_PAGE]) + gfn - base);
  int result = RETRY;
  if (!is_invalidated(seq)) {
    if ((add(vm.mmu_lock, READER) & (WLOCKED | WAITING)) != 0) abort();
    if (read(vm.in_progress) == 0 && read(vm.seq) == seq) result = map(gfn, pfn);
    sub(refs[pfn], 1);
    sub(vm.mmu_lock, READER);
  } else {
    sub(refs[pfn], 1);
  }
  if (result == FIXED) count(MAPPED);
  return result;
}

static void touch(uint32_t gfn) {
  if (load(vm.mode) != 1) abort();
  while (!access_memory(gfn)) {
    exit_guest();
    page_fault(gfn);
    enter_guest();
    if (relaxed_of(vm.stop) != 0 || load(vm.mode) != 1) abort();
  }
}

static void reset(size_t pages) {
  memset(&vm, 0, sizeof vm);
  memset(entries, 0, tables * ENTRIES * sizeof *entries);
  memset(ptes, 0, pages * sizeof *ptes);
  memset(refs, 0, pages * 2 * sizeof *refs);
  memset(tlb_gfn, 0, sizeof tlb_gfn);
  cached = 0;
  vm.slots = 1;
  vm.slot[SLOT_BASE] = BASE_GFN;
  vm.slot[SLOT_PAGES] = (uint32_t)pages;
}

int main(int count, char **words) {
  if (count != 3) return 2;
  const size_t pages = (size_t)atol(words[1]);
  tables = pages / ENTRIES + 16;
  entries = aligned_alloc(4096, tables * ENTRIES * sizeof *entries);
  ptes = aligned_alloc(4096, pages * sizeof *ptes);
  refs = aligned_alloc(4096, pages * 2 * sizeof *refs);
  if (entries == NULL || ptes == NULL || refs == NULL) return 3;
  for (int round = 0; round < atoi(words[2]); round += 1) {
    reset(pages);
    enter_guest();
    const double began = now();
    for (uint32_t page = 0; page < pages; page += 1) {
#ifdef TRACE
      is_traced = page == pages / 2 + 8;
#endif
      touch(BASE_GFN + page);
    }
    const double took = now() - began;
    exit_guest();
    if (counters[MAPPED] != pages * (size_t)(round + 1)) return 4;
#ifndef TRACE
    printf("%.3f\n", took / (double)pages);
#else
    (void)took;
#endif
  }
  return 0;
}
