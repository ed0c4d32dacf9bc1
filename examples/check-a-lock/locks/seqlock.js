// A sequence lock: a reader takes no lock, and reads again if a writer was there. The sequence is odd while one writes.
import { RMB, WMB } from 'faultline/shared-memory/stepped'

const seqlock = (hasBarriers) => ({
  setup: (place) => ({ sequence: place.line('sequence'), low: place.line('low'), high: place.line('high') }),
  actors: {
    writer: (cpu, words) => write(cpu, words, hasBarriers),
    reader: (cpu, words) => read(cpu, words, hasBarriers),
  },
  bound: { memory: 'relaxed' },
})

function* write(cpu, { sequence, low, high }, hasBarriers) {
  for (const value of [1, 2]) {
    const before = yield* cpu.load(sequence)
    yield* cpu.store(sequence, before + 1)
    if (hasBarriers) yield* cpu.barrier(WMB)
    yield* cpu.store(low, value)
    yield* cpu.store(high, value)
    if (hasBarriers) yield* cpu.barrier(WMB)
    yield* cpu.store(sequence, before + 2)
  }
}

/** Tries once; a loop would only try again. */
function* read(cpu, { sequence, low, high }, hasBarriers) {
  const begin = yield* cpu.load(sequence)
  if (begin % 2 !== 0) return
  if (hasBarriers) yield* cpu.barrier(RMB)
  const gotLow = yield* cpu.load(low)
  const gotHigh = yield* cpu.load(high)
  if (hasBarriers) yield* cpu.barrier(RMB)
  const end = yield* cpu.load(sequence)
  if (begin === end && gotLow !== gotHigh) cpu.violation(0, gotLow)
}

export const right = seqlock(true)
export const wrong = seqlock(false)
