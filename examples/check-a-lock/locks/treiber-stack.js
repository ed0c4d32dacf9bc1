// Treiber's stack (1986): the head is exchanged for the node below it. If the node was taken and put back meanwhile, the head
// looks as before, and what is below is not what it was: ABA. A count in the upper half of the head shows the difference.
//
//   head     the node on top, 1 or 2, 0 empty; above 16 bits how often it was changed
//   next[]   the node below

const NODE = 0xffff
const CHANGE = 0x10000

const stack = (counts) => ({
  setup: (place) => ({
    head: place.line('head'),
    next: [place.line('next0'), place.line('next1'), place.line('next2')],
  }),
  // 1 on 2.
  initialise: (words, { head, next }) => {
    words[head] = 1
    words[next[1]] = 2
  },
  actors: {
    *slow(cpu, subject) {
      return yield* pop(cpu, subject, counts)
    },
    *quick(cpu, subject) {
      const first = yield* pop(cpu, subject, counts)
      const second = yield* pop(cpu, subject, counts)
      if (first !== 0) yield* push(cpu, subject, first, counts)
      return second
    },
  },
  // Each node is on the stack, or with one of the two.
  oracle: ({ subject: { head, next }, valueIn, results }) => {
    const found = results.filter((node) => node !== 0)
    for (let node = valueIn(head) & NODE; node !== 0 && found.length < 4; node = valueIn(next[node])) found.push(node)
    return found.sort().join() === '1,2' ? undefined : `the nodes are ${found.join(', ') || 'lost'} instead of 1, 2`
  },
})

function* pop(cpu, { head, next }, counts) {
  for (;;) {
    const top = yield* cpu.load(head)
    const node = top & NODE
    if (node === 0) return 0
    const below = yield* cpu.load(next[node])
    const change = counts ? (top & ~NODE) + CHANGE : 0
    const was = yield* cpu.cas(head, top, change | below)
    if (was === top) return node
    yield* cpu.pause()
  }
}

function* push(cpu, { head, next }, node, counts) {
  for (;;) {
    const top = yield* cpu.load(head)
    yield* cpu.store(next[node], top & NODE)
    const change = counts ? (top & ~NODE) + CHANGE : 0
    const was = yield* cpu.cas(head, top, change | node)
    if (was === top) return
    yield* cpu.pause()
  }
}

export const right = stack(true)
export const wrong = stack(false)
