// The locks of src/shared-memory/locks in C11: the same algorithms, with the weakest orders that do.
#ifndef LOCKS_H
#define LOCKS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#define LINE 128
#define MOST_CPUS 64

#if defined(__x86_64__) || defined(__i386__)
#define relax() __builtin_ia32_pause()
#else
#define relax() atomic_signal_fence(memory_order_seq_cst)
#endif

#define acquire_of(word) atomic_load_explicit(&(word), memory_order_acquire)
#define relaxed_of(word) atomic_load_explicit(&(word), memory_order_relaxed)
#define set(word, value) atomic_store_explicit(&(word), value, memory_order_relaxed)
#define publish(word, value) atomic_store_explicit(&(word), value, memory_order_release)

typedef struct {
  _Alignas(LINE) _Atomic uint32_t word;
} Line;

static inline int cas_acquire(_Atomic uint32_t *word, uint32_t expected, uint32_t value) {
  return atomic_compare_exchange_strong_explicit(word, &expected, value, memory_order_acquire, memory_order_relaxed);
}

// Test and test-and-set.
typedef struct {
  Line locked;
} Tatas;

static inline void tatas_acquire(Tatas *lock) {
  while (atomic_exchange_explicit(&lock->locked.word, 1, memory_order_acquire) != 0)
    while (relaxed_of(lock->locked.word) != 0) relax();
}
static inline void tatas_release(Tatas *lock) { publish(lock->locked.word, 0); }

typedef struct {
  Line next, serving;
} Ticket;

static inline void ticket_acquire(Ticket *lock) {
  const uint32_t ticket = atomic_fetch_add_explicit(&lock->next.word, 1, memory_order_relaxed);
  while (acquire_of(lock->serving.word) != ticket) relax();
}
static inline void ticket_release(Ticket *lock) { publish(lock->serving.word, relaxed_of(lock->serving.word) + 1); }

// kernel/locking/qspinlock.c: tail (31..18) | pending (8) | locked (7..0), and an MCS node for each CPU.
enum { LOCKED = 1, LOCKED_MASK = 0xff, PENDING = 0x100, TAIL_SHIFT = 18 };
#define TAIL_MASK 0xffff0000u
#define NO_SUCCESSOR (1u << 31)

typedef struct {
  _Alignas(LINE) _Atomic uint32_t locked;
  _Atomic uint32_t next;
} McsNode;
typedef struct {
  Line val;
  McsNode nodes[MOST_CPUS];
} QSpinLock;

static inline int qspin_try(QSpinLock *lock) {
  return relaxed_of(lock->val.word) == 0 && cas_acquire(&lock->val.word, 0, LOCKED);
}

static void qspin_queue(QSpinLock *lock, int cpu) {
  McsNode *node = &lock->nodes[cpu];
  const uint32_t tail = (uint32_t)(cpu + 1) << TAIL_SHIFT;
  set(node->locked, 0);
  set(node->next, NO_SUCCESSOR);
  if (qspin_try(lock)) return;
  uint32_t old = relaxed_of(lock->val.word);
  while (!atomic_compare_exchange_weak_explicit(&lock->val.word, &old, (old & ~TAIL_MASK) | tail, memory_order_acq_rel,
                                                memory_order_relaxed))
    ;
  if ((old & TAIL_MASK) != 0) {
    set(lock->nodes[(old >> TAIL_SHIFT) - 1].next, (uint32_t)cpu);
    while (acquire_of(node->locked) == 0) relax();
  }
  uint32_t val;
  while (((val = acquire_of(lock->val.word)) & (LOCKED_MASK | PENDING)) != 0) relax();
  if ((val & TAIL_MASK) == tail && cas_acquire(&lock->val.word, val, LOCKED)) return;
  atomic_fetch_or_explicit(&lock->val.word, LOCKED, memory_order_relaxed);
  uint32_t next;
  while (((next = relaxed_of(node->next)) & NO_SUCCESSOR) != 0) relax();
  publish(lock->nodes[next].locked, 1);
}

static void qspin_slow(QSpinLock *lock, int cpu) {
  uint32_t val = relaxed_of(lock->val.word);
  if (val == PENDING) val = relaxed_of(lock->val.word);
  if ((val & ~(uint32_t)LOCKED_MASK) == 0) {
    val = atomic_fetch_or_explicit(&lock->val.word, PENDING, memory_order_acquire);
    if ((val & ~(uint32_t)LOCKED_MASK) == 0) {
      while ((acquire_of(lock->val.word) & LOCKED_MASK) != 0) relax();
      atomic_fetch_sub_explicit(&lock->val.word, PENDING - LOCKED, memory_order_relaxed);
      return;
    }
    if ((val & PENDING) == 0) atomic_fetch_and_explicit(&lock->val.word, ~(uint32_t)PENDING, memory_order_relaxed);
  }
  qspin_queue(lock, cpu);
}

static inline void qspin_acquire(QSpinLock *lock, int cpu) {
  if (!cas_acquire(&lock->val.word, 0, LOCKED)) qspin_slow(lock, cpu);
}
// The kernel stores a byte.
static inline void qspin_release(QSpinLock *lock) {
  atomic_store_explicit((_Atomic uint8_t *)&lock->val.word, 0, memory_order_release);
}

// kernel/locking/qrwlock.c: readers (31..9) | waiting (8) | wlocked (7..0), and a queue.
enum { WLOCKED = 0xff, WAITING = 0x100, READER = 0x200 };
typedef struct {
  Line cnts;
  QSpinLock wait;
} QRwLock;

static void qrw_read_slow(QRwLock *lock, int cpu) {
  atomic_fetch_sub_explicit(&lock->cnts.word, READER, memory_order_relaxed);
  qspin_acquire(&lock->wait, cpu);
  atomic_fetch_add_explicit(&lock->cnts.word, READER, memory_order_relaxed);
  while ((acquire_of(lock->cnts.word) & WLOCKED) != 0) relax();
  qspin_release(&lock->wait);
}
static inline void qrw_read_lock(QRwLock *lock, int cpu) {
  const uint32_t cnts = atomic_fetch_add_explicit(&lock->cnts.word, READER, memory_order_acquire);
  if ((cnts & (WLOCKED | WAITING)) != 0) qrw_read_slow(lock, cpu);
}
static inline void qrw_read_unlock(QRwLock *lock) {
  atomic_fetch_sub_explicit(&lock->cnts.word, READER, memory_order_release);
}

static void qrw_write_slow(QRwLock *lock, int cpu) {
  qspin_acquire(&lock->wait, cpu);
  if (relaxed_of(lock->cnts.word) != 0 || !cas_acquire(&lock->cnts.word, 0, WLOCKED)) {
    atomic_fetch_or_explicit(&lock->cnts.word, WAITING, memory_order_relaxed);
    do
      while (relaxed_of(lock->cnts.word) != WAITING) relax();
    while (!cas_acquire(&lock->cnts.word, WAITING, WLOCKED));
  }
  qspin_release(&lock->wait);
}
static inline void qrw_write_lock(QRwLock *lock, int cpu) {
  if (!cas_acquire(&lock->cnts.word, 0, WLOCKED)) qrw_write_slow(lock, cpu);
}
// The kernel stores a byte.
static inline void qrw_write_unlock(QRwLock *lock) {
  atomic_store_explicit((_Atomic uint8_t *)&lock->cnts.word, 0, memory_order_release);
}

typedef struct {
  Line sequence;
} SeqCount;

static inline uint32_t seq_read_begin(SeqCount *seq) {
  uint32_t sequence;
  while (((sequence = acquire_of(seq->sequence.word)) & 1) != 0) relax();
  return sequence;
}
static inline int seq_read_retry(SeqCount *seq, uint32_t start) {
  atomic_thread_fence(memory_order_acquire);
  return relaxed_of(seq->sequence.word) != start;
}
static inline void seq_write_begin(SeqCount *seq) {
  set(seq->sequence.word, relaxed_of(seq->sequence.word) + 1);
  atomic_thread_fence(memory_order_release);
}
static inline void seq_write_end(SeqCount *seq) { publish(seq->sequence.word, relaxed_of(seq->sequence.word) + 1); }

#endif
