// The queue lock of Mellor-Crummey and Scott (1991): each waits on a word of its own, which its predecessor clears.
//
//   tail     0 free, else the number of the last in the queue, from 1 on
//   next[]   the CPU that comes after me, 0 none yet
//   wait[]   1 while I must wait

/** `isPatient: false` gives up the lock without waiting for a CPU that has taken a place and not yet said so: the wake-up is lost. */
const mcs = (cpus, rounds, isPatient) => ({
  setup: (place) => ({
    tail: place.line('tail'),
    next: Array.from({ length: cpus }, (_, cpu) => place.line(`next${cpu}`)),
    wait: Array.from({ length: cpus }, (_, cpu) => place.line(`wait${cpu}`)),
    inside: place.line('inside'),
  }),
  actors: Object.fromEntries(
    Array.from({ length: cpus }, (_, me) => [`cpu${me}`, (cpu, lock) => visit(cpu, lock, me, rounds, isPatient)]),
  ),
})

function* visit(cpu, lock, me, rounds, isPatient) {
  for (let round = 0; round < rounds; round += 1) {
    yield* acquire(cpu, lock, me)
    const others = yield* cpu.add(lock.inside, 1)
    if (others !== 0) cpu.violation(0, others)
    yield* cpu.sub(lock.inside, 1)
    yield* release(cpu, lock, me, isPatient)
  }
}

function* acquire(cpu, { tail, next, wait }, me) {
  yield* cpu.store(next[me], 0)
  yield* cpu.store(wait[me], 1)
  const before = yield* cpu.xchg(tail, me + 1)
  if (before === 0) return
  yield* cpu.store(next[before - 1], me + 1)
  yield* cpu.untilEqual(wait[me], 0)
}

function* release(cpu, { tail, next, wait }, me, isPatient) {
  let after = yield* cpu.load(next[me])
  if (after === 0) {
    const was = yield* cpu.cas(tail, me + 1, 0)
    if (was === me + 1 || !isPatient) return
    while (after === 0) {
      after = yield* cpu.load(next[me])
      if (after === 0) yield* cpu.pause()
    }
  }
  yield* cpu.store(wait[after - 1], 0)
}

export const right = mcs(2, 2, true)
export const wrong = mcs(2, 2, false)
/** Three CPUs that go in twice each. */
export const cpus3 = mcs(3, 2, true)
/** Four: half a million states and more. */
export const cpus4 = mcs(4, 2, true)
