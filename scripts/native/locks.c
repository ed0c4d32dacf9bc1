// locks LOCK WORKERS INSIDE OUTSIDE MS: takes one lock over and over, as worker.js does, and says in JSON how that went.
#include "locks.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { READY, WARM, COUNT, TIME, STOP, BATCH = 16384, MOST_BATCHES = 4096 };

static struct {
  _Alignas(LINE) Tatas tatas;
  Ticket ticket;
  QSpinLock qspinlock;
  QRwLock qrwlock;
  SeqCount seqcount;
  pthread_mutex_t mutex;
  Line guarded, last, phase, arrived;
} shared = {.mutex = PTHREAD_MUTEX_INITIALIZER};

typedef struct {
  _Alignas(LINE) int id;
  int inside, outside, workers;
  const char *lock;
  double operations, ns, hand_overs, longest_ns, cpu_ns;
  uint32_t additions;
  /* How long each batch took, when alone. */
  int batches;
  double batch_ns[MOST_BATCHES];
} Worker;

static double read_clock(clockid_t clock) {
  struct timespec at;
  clock_gettime(clock, &at);
  return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}
static double now(void) { return read_clock(CLOCK_MONOTONIC); }
static double cpu_now(void) { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

static uint32_t turn(uint32_t value, int turns) {
  for (int left = turns; left > 0; left -= 1) {
    value = value * 1664525u + 1013904223u;
    __asm__ volatile("" : "+r"(value));
  }
  return value;
}

#define phase() atomic_load_explicit(&shared.phase.word, memory_order_relaxed)

/* One lock to one loop, as each is used in one place of a program. EXCLUDES: whether it hands over from one to the next. */
#define LOOP(NAME, ACQUIRE, RELEASE, EXCLUDES)                                                                         \
  static void NAME##_alone(Worker *me) {                                                                               \
    const double began = now();                                                                                        \
    for (int i = 0; i < BATCH; i += 1) {                                                                               \
      ACQUIRE;                                                                                                         \
      if (EXCLUDES) set(shared.guarded.word, relaxed_of(shared.guarded.word) + 1);                                     \
      RELEASE;                                                                                                         \
    }                                                                                                                  \
    if (EXCLUDES) me->additions += BATCH;                                                                              \
    if (me->batches < MOST_BATCHES) me->batch_ns[me->batches++] = now() - began;                                       \
  }                                                                                                                    \
  static uint32_t NAME##_once(Worker *me, uint32_t value, int is_timed) {                                              \
    const double began = is_timed ? now() : 0;                                                                         \
    ACQUIRE;                                                                                                           \
    const double waited = is_timed ? now() - began : 0;                                                                \
    if (waited > me->longest_ns) me->longest_ns = waited;                                                              \
    value = turn(value, me->inside);                                                                                   \
    if (EXCLUDES) {                                                                                                    \
      me->additions += 1;                                                                                              \
      set(shared.guarded.word, relaxed_of(shared.guarded.word) + 1);                                                   \
      if (relaxed_of(shared.last.word) != (uint32_t)me->id + 1) {                                                      \
        set(shared.last.word, (uint32_t)me->id + 1);                                                                   \
        me->hand_overs += 1;                                                                                           \
      }                                                                                                                \
    }                                                                                                                  \
    RELEASE;                                                                                                           \
    return turn(value, me->outside == 0 ? 0 : (int)(value >> 8) % (2 * me->outside));                                  \
  }                                                                                                                    \
  static void NAME(Worker *me) {                                                                                       \
    uint32_t value = (uint32_t)me->id + 1;                                                                             \
    const int is_alone = me->inside + me->outside == 0;                                                                \
    while (phase() == WARM) value = NAME##_once(me, value, 0);                                                         \
    me->hand_overs = 0;                                                                                                \
    const double began = now();                                                                                        \
    const double cpu_began = cpu_now();                                                                                \
    do {                                                                                                               \
      if (is_alone) NAME##_alone(me);                                                                                  \
      else value = NAME##_once(me, value, 0);                                                                          \
      me->operations += is_alone ? BATCH : 1;                                                                          \
    } while (phase() == COUNT);                                                                                        \
    me->ns = now() - began;                                                                                            \
    me->cpu_ns = cpu_now() - cpu_began;                                                                                \
    const double hand_overs = me->hand_overs;                                                                          \
    while (phase() == TIME) value = NAME##_once(me, value, 1);                                                         \
    me->hand_overs = hand_overs;                                                                                       \
  }

static volatile uint32_t sink;
static inline void seq_read(void) {
  uint32_t start;
  do {
    start = seq_read_begin(&shared.seqcount);
    sink = relaxed_of(shared.guarded.word);
  } while (seq_read_retry(&shared.seqcount, start));
}

LOOP(tatas, tatas_acquire(&shared.tatas), tatas_release(&shared.tatas), 1)
LOOP(ticket, ticket_acquire(&shared.ticket), ticket_release(&shared.ticket), 1)
LOOP(qspinlock, qspin_acquire(&shared.qspinlock, me->id), qspin_release(&shared.qspinlock), 1)
LOOP(mutex, pthread_mutex_lock(&shared.mutex), pthread_mutex_unlock(&shared.mutex), 1)
LOOP(qrwlock_read, qrw_read_lock(&shared.qrwlock, me->id), qrw_read_unlock(&shared.qrwlock), 0)
LOOP(qrwlock_write, qrw_write_lock(&shared.qrwlock, me->id), qrw_write_unlock(&shared.qrwlock), 1)
LOOP(seqcount_read, seq_read(), (void)0, 0)
LOOP(seqcount_write, seq_write_begin(&shared.seqcount), seq_write_end(&shared.seqcount), 1)

static const struct {
  const char *name;
  void (*run)(Worker *);
} LOOPS[] = {{"tatas", tatas},   {"ticket", ticket},           {"qspinlock", qspinlock},
             {"mutex", mutex},   {"qrwlock-read", qrwlock_read}, {"qrwlock-write", qrwlock_write},
             {"seqcount-read", seqcount_read}};

static void *work(void *argument) {
  Worker *me = argument;
  atomic_fetch_add(&shared.arrived.word, 1);
  while (phase() == READY) relax();
  for (size_t at = 0; at < sizeof LOOPS / sizeof *LOOPS; at += 1) {
    if (strcmp(LOOPS[at].name, me->lock) != 0) continue;
    // Of several at a sequence counter the first writes.
    if (LOOPS[at].run == seqcount_read && me->workers > 1 && me->id == 0) seqcount_write(me);
    else LOOPS[at].run(me);
  }
  return NULL;
}

static void pass(int next, double ms) {
  atomic_store(&shared.phase.word, (uint32_t)next);
  const struct timespec span = {(time_t)(ms / 1000), (long)(ms * 1e6) % 1000000000};
  nanosleep(&span, NULL);
}

static int ascending(const void *a, const void *b) {
  const double difference = *(const double *)a - *(const double *)b;
  return (difference > 0) - (difference < 0);
}

/* Of the batch at the lower quartile: those that were preempted, or not compiled yet, do not count. */
static double each_ns(Worker *of) {
  if (of->batches == 0) return 0;
  qsort(of->batch_ns, (size_t)of->batches, sizeof *of->batch_ns, ascending);
  return of->batch_ns[of->batches / 4] / BATCH;
}

int main(int count, char **words) {
  if (count != 6) return 2;
  static Worker workers[MOST_CPUS];
  pthread_t threads[MOST_CPUS];
  const int many = atoi(words[2]);
  const double ms = atof(words[5]);
  for (int id = 0; id < many; id += 1) {
    Worker *of = &workers[id];
    of->id = id;
    of->workers = many;
    of->lock = words[1];
    of->inside = atoi(words[3]);
    of->outside = atoi(words[4]);
    if (pthread_create(&threads[id], NULL, work, of) != 0) return 3;
  }
  while (atomic_load(&shared.arrived.word) != (uint32_t)many) relax();
  pass(WARM, ms / 4);
  pass(COUNT, ms);
  pass(TIME, many > 1 ? ms / 2 : 0);
  pass(STOP, 0);
  printf("[");
  for (int id = 0; id < many; id += 1) {
    pthread_join(threads[id], NULL);
    Worker *of = &workers[id];
    printf("%s{\"operations\":%.0f,\"ns\":%.0f,\"handOvers\":%.0f,\"longestNs\":%.0f,\"eachNs\":%.3f,\"cpuNs\":%.0f}",
           id == 0 ? "" : ",", of->operations, of->ns, of->hand_overs, of->longest_ns, each_ns(of),
           of->cpu_ns);
  }
  printf("]\n");
  uint32_t lost = -relaxed_of(shared.guarded.word);
  for (int id = 0; id < many; id += 1) lost += workers[id].additions;
  if (lost != 0) fprintf(stderr, "%s does not exclude: %u additions are lost\n", words[1], lost);
  return lost == 0 ? 0 : 4;
}
