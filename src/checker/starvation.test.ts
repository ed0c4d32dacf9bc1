import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Answer, explore, Refused } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-starvation-'))
after(() => rmSync(folder, { recursive: true }))

/** A waiter that takes the lock once, and others that take and release it forever. */
function starve(lock: string, fairness: string, hogs = 1): Promise<Answer> {
  const file = join(folder, `${lock}-${fairness}-${hogs}.js`)
  const names = Array.from({ length: hogs }, (_, at) => `hog${at}`)
  writeFileSync(
    file,
    `import * as locks from 'faultline/shared-memory/stepped'
     class Flag {
       constructor(place) { this.word = place.line('word') }
       *acquire(cpu) { while ((yield* cpu.cas(this.word, 0, 1)) !== 0) yield* cpu.pause() }
       *release(cpu) { yield* cpu.store(this.word, 0) }
     }
     const Lock = ${lock === 'Flag' ? 'Flag' : `locks.${lock}`}
     function* waiter(cpu, { lock }) {
       yield* lock.acquire(cpu)
       yield* lock.release(cpu)
     }
     function* hog(cpu, { lock }) {
       for (;;) {
         yield* lock.acquire(cpu)
         yield* lock.release(cpu)
       }
     }
     export default {
       setup: (place) => ({ lock: new Lock(place.within('lock'), ${hogs + 1}) }),
       actors: { waiter, ${names.map((name) => `${name}: hog`).join(', ')} },
       mustEnd: ['waiter'],
       fairness: '${fairness}',
     }`,
  )
  return explore({ module: file })
}

for (const fairness of ['weak', 'strong'] as const) {
  test(`with a test-and-set lock a waiter starves, also if the scheduler is ${fairness}ly fair`, async () => {
    const { verdict, findings, steps, witness } = await starve('TatasLock', fairness)
    assert.deepEqual([verdict, findings[0]?.name], ['FAIL', 'starvation'])
    assert.match(
      findings[0]!.says,
      new RegExp(`^waiter never ends although the scheduler is ${fairness}ly fair: steps \\d+ to \\d+ repeat forever`),
    )
    const [, from, to] = /steps (\d+) to (\d+)/.exec(findings[0]!.says)!
    const turn = steps.slice(Number(from) - 1, Number(to))
    assert.ok(turn.some(({ actor, instruction }) => actor === 'hog0' && instruction === 'xchg'))
    if (fairness === 'strong') assert.ok(turn.some(({ actor }) => actor === 'waiter'))
    assert.match(witness!, /CPU 0: waiter/)
  })
}

test('a mutex may starve a waiter, and a qspinlock never does', async () => {
  assert.equal((await starve('Mutex', 'strong')).findings[0]?.name, 'starvation')
  assert.deepEqual((await starve('QSpinLock', 'strong')).verdict, 'PASS')
})

test('a wait for a flag that another actor sets eventually ends under a fair scheduler', async () => {
  const file = join(folder, 'flag.js')
  writeFileSync(
    file,
    `export default {
       setup: (place) => ({ flag: place.line('flag'), other: place.line('other') }),
       actors: {
         *waiter(cpu, { flag }) { yield* cpu.untilEqual(flag, 1) },
         *setter(cpu, { flag }) { yield* cpu.store(flag, 1) },
         *busy(cpu, { other }) { for (;;) yield* cpu.xchg(other, 1) },
       },
       mustEnd: ['waiter', 'setter'],
     }`,
  )
  const { verdict, because } = await explore({ module: file })
  assert.deepEqual([verdict, because], ['PASS', null])
})

test('an actor that can step repeatedly, but not always, starves under weak fairness and not under strong', async () => {
  const file = join(folder, 'gate.js')
  const code = (fairness: string) => `export default {
       setup: (place) => ({ gate: place.line('gate') }),
       actors: {
         *waiter(cpu, { gate }) { yield* cpu.untilEqual(gate, 1) },
         *toggler(cpu, { gate }) { for (;;) { yield* cpu.store(gate, 1); yield* cpu.store(gate, 0) } },
       },
       mustEnd: ['waiter'],
       fairness: '${fairness}',
     }`
  writeFileSync(file, code('weak'))
  assert.equal((await explore({ module: file })).verdict, 'FAIL')
  writeFileSync(file, code('strong'))
  assert.equal((await explore({ module: file })).verdict, 'PASS')
})

test('a ticket lock that counts to 4 serves its waiters in order, and none of them starves', async () => {
  const file = join(folder, 'ticket.js')
  writeFileSync(
    file,
    `function* acquire(cpu, { next, serving }) {
       for (;;) {
         const mine = yield* cpu.load(next)
         const was = yield* cpu.cas(next, mine, (mine + 1) % 4)
         if (was !== mine) continue
         yield* cpu.untilEqual(serving, mine)
         return mine
       }
     }
     function* waiter(cpu, words) {
       const mine = yield* acquire(cpu, words)
       yield* cpu.store(words.serving, (mine + 1) % 4)
     }
     function* queued(cpu, words) {
       const mine = yield* cpu.load(words.first)
       yield* cpu.untilEqual(words.serving, mine)
       yield* cpu.store(words.serving, (mine + 1) % 4)
     }
     function* hog(cpu, words) {
       for (;;) yield* waiter(cpu, words)
     }
     export default {
       setup: (place) => ({ next: place.line('next'), serving: place.line('serving'), first: place.line('first') }),
       // The waiter has drawn its ticket: that wait is bounded, drawing a ticket by cas is not.
       initialise: (words, { next }) => { words[next] = 1 },
       actors: { queued, hog },
       mustEnd: ['queued'],
       fairness: 'weak',
     }`,
  )
  assert.equal((await explore({ module: file })).verdict, 'PASS')
})

test('what must end is validated', () => {
  const one = {
    setup: () => ({}),
    actors: { *a(): Generator<never, void, number> {} },
  }
  const refuses = (more: object, why: RegExp) =>
    assert.throws(
      () => explore({ ...one, ...more } as never),
      (error) => error instanceof Refused && why.test(error.message),
    )
  refuses({ mustEnd: ['b'] }, /mustEnd names 'b', which is not an actor/)
  refuses({ mustEnd: 'a' }, /mustEnd is no list/)
  refuses({ mustEnd: ['a'], fairness: 'perfect' }, /fairness is 'perfect'/)
  refuses({ mustEnd: ['a'], bound: { memory: 'tso' } }, /with sc memory only/)
})
