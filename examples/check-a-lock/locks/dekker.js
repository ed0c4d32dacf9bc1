// The heart of Dekker's lock: say that I want to go in, and look whether you do. On x86 my store may still wait in a buffer of
// mine when I look: without a full barrier between the two, both go in.
import { MB } from 'faultline/shared-memory/stepped'

const dekker = (hasBarrier) => ({
  setup: (place) => ({ wants: [place.line('wants0'), place.line('wants1')], inside: place.line('inside') }),
  actors: {
    left: (cpu, lock) => tryOnce(cpu, lock, 0, hasBarrier),
    right: (cpu, lock) => tryOnce(cpu, lock, 1, hasBarrier),
  },
  bound: { memory: 'tso' },
})

/** Goes in if the other does not want to; else it gives way. */
function* tryOnce(cpu, { wants, inside }, me, hasBarrier) {
  yield* cpu.store(wants[me], 1)
  if (hasBarrier) yield* cpu.barrier(MB)
  const wanted = yield* cpu.load(wants[1 - me])
  if (wanted === 0) {
    const others = yield* cpu.add(inside, 1)
    if (others !== 0) cpu.violation(0, others)
    yield* cpu.sub(inside, 1)
  }
  yield* cpu.store(wants[me], 0)
}

export const right = dekker(true)
export const wrong = dekker(false)
