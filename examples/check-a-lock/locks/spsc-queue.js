// A queue in a ring of two, for one producer and one consumer (Lamport 1983).
//
//   head   how many were taken     written by the consumer
//   tail   how many were put in    written by the producer, after the slot

const SLOTS = 2
const ITEMS = 3

const queue = (releases) => ({
  setup: (place) => ({
    head: place.line('head'),
    tail: place.line('tail'),
    slots: [place.line('slot0'), place.line('slot1')],
  }),
  actors: {
    producer: (cpu, ring) => produce(cpu, ring, releases),
    consumer: (cpu, ring) => consume(cpu, ring),
  },
  bound: { memory: 'relaxed' },
})

/** `releases: false` lets the new tail be seen before what lies in the slot. */
function* produce(cpu, { head, tail, slots }, releases) {
  for (let item = 0; item < ITEMS; item += 1) {
    for (;;) {
      const taken = yield* cpu.loadAcquire(head)
      if (item - taken < SLOTS) break
      yield* cpu.pause()
    }
    yield* cpu.store(slots[item % SLOTS], item + 1)
    if (releases) yield* cpu.storeRelease(tail, item + 1)
    else yield* cpu.store(tail, item + 1)
  }
}

function* consume(cpu, { head, tail, slots }) {
  for (let item = 0; item < ITEMS; item += 1) {
    for (;;) {
      const put = yield* cpu.loadAcquire(tail)
      if (put > item) break
      yield* cpu.pause()
    }
    const got = yield* cpu.load(slots[item % SLOTS])
    if (got !== item + 1) cpu.violation(0, got)
    yield* cpu.storeRelease(head, item + 1)
  }
}

export const right = queue(true)
export const wrong = queue(false)
