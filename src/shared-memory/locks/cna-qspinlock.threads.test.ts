import { test } from 'node:test'
import { Crew } from '../../threads/crew.contract.ts'
import { assertNothingIsTorn } from './holding.contract.ts'

// The head of its queue reorders the queue while it waits, so the drills for locks whose waiters wait on one word do not apply.
for (const cpus of [2, 8]) {
  test(`cna-qspinlock: ${cpus} workers on two NUMA nodes exclude each other, and each of them makes progress`, async () => {
    await using crew = await Crew.of({ kind: 'cna-qspinlock' }, cpus)
    await crew.drill('exclude', 1000)
    assertNothingIsTorn(crew)
  })
}
