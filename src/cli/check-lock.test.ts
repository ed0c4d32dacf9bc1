import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { faultline } from './faultline.contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-lock-'))
after(() => rmSync(folder, { recursive: true }))

function checkLock(name: string, code: string, ...flags: string[]) {
  writeFileSync(join(folder, name), code)
  return faultline('check', 'lock', join(folder, name), ...flags)
}

/** A test-and-set lock with one method replaced. */
const spinLock = (changed: Readonly<Record<string, string>> = {}) => {
  const methods: Readonly<Record<string, string>> = {
    acquire: `for (;;) {
      const was = yield* cpu.xchg(this.word, 1)
      if (was === 0) return
      yield* cpu.untilEqual(this.word, 0)
    }`,
    tryAcquire: 'return (yield* cpu.cas(this.word, 0, 1)) === 0',
    release: 'yield* cpu.storeRelease(this.word, 0)',
    ...changed,
  }
  const bodies = Object.entries(methods).map(([name, body]) => `*${name}(cpu) { ${body} }`)
  return `export class SpinLock {
    constructor(place) { this.word = place.line('word'); this.tries = place.line('tries') }
    ${bodies.join('\n')}
  }`
}

test('a lock in a file is checked against the contract, in JavaScript and in TypeScript', async () => {
  const { code, out } = await checkLock('spin.js', spinLock())
  assert.equal(code, 0, out)
  assert.match(out, /^SpinLock, a lock, with --memory sc:$/m)
  assert.equal(out.match(/^PASS /gm)?.length, 6)
  assert.match(out, /^note: a waiter eventually gets the lock, whatever another CPU does: no, it can starve/m)
  const typed = await checkLock(
    'rw.ts',
    `import type { Cpu, Place, Steps } from 'faultline/shared-memory/stepped'
     import { QRwLock } from 'faultline/shared-memory'
     export class Mine extends QRwLock {
       *twice(cpu: Cpu): Steps<void> { yield* this.readLock(cpu) }
     }
     export type Name = Place`,
  )
  assert.equal(typed.code, 0, typed.out + typed.err)
  assert.match(typed.out, /^Mine, a reader-writer lock/m)
  assert.equal(typed.out.match(/^PASS /gm)?.length, 12)
})

test('one of our own locks gives the same exploration from each of its builds, and from a file of the user that extends it', async () => {
  const builds = ['shared-memory', 'direct/shared-memory', 'traced/shared-memory']
  const files = builds.map((build) => fileURLToPath(new URL(`../${build}/locks/ticket.js`, import.meta.url)))
  const own = join(folder, 'own.js')
  writeFileSync(own, `import { TicketLock } from ${JSON.stringify(files[0])}\nexport class Own extends TicketLock {}`)
  const said = new Set<string>()
  for (const file of [...files, own]) {
    const { code, out, err } = await faultline('check', 'lock', file)
    assert.equal(code, 0, out + err)
    said.add(out.replace(/^\w+,/, 'it,'))
  }
  assert.equal(said.size, 1, 'as many states, and the same verdicts')
})

for (const [name, changed, found] of [
  [
    'takes by a load and a store',
    { acquire: 'yield* cpu.untilEqual(this.word, 0); yield* cpu.store(this.word, 1)' },
    /FAIL 2 CPUs exclude each other.*\n {2}violation: two were inside that exclude each other\n[\s\S]*=> violation/,
  ],
  [
    'is never released',
    { release: 'yield* cpu.load(this.word)' },
    /FAIL one CPU takes and releases it.*\n {2}deadlock:/,
  ],
  [
    'waits in its try',
    { tryAcquire: 'yield* this.acquire(cpu); return true' },
    /FAIL a try of a held lock fails.*\n {2}deadlock: /,
  ],
  [
    'counts its tries',
    { tryAcquire: 'yield* cpu.add(this.tries, 1); return (yield* cpu.cas(this.word, 0, 1)) === 0' },
    /FAIL a try of a held lock fails.*\n {2}violation: a try that failed has changed the lock/,
  ],
  [
    'never takes by its try',
    { tryAcquire: 'yield* cpu.load(this.word); return false' },
    /FAIL a try takes a free lock.*\n {2}oracle: a try did not take/,
  ],
  [
    'loses a wake-up',
    {
      acquire: 'while ((yield* cpu.xchg(this.word, 1)) !== 0) yield* cpu.park(this.word, 1)',
      release: 'yield* cpu.unpark(this.word, 1); yield* cpu.store(this.word, 0)',
    },
    /FAIL 2 CPUs exclude each other.*\n {2}deadlock: [\s\S]*waits in acquire\(\) at wrong\.js:\d+:\d+ for lock.word/,
  ],
] as const) {
  test(`a lock that ${name} is reported`, async () => {
    const { code, out } = await checkLock('wrong.js', spinLock(changed))
    assert.equal(code, 1, out)
    assert.match(out, found)
  })
}

test('a lock that publishes nothing fails with --memory relaxed only', async () => {
  const code = spinLock({ release: 'yield* cpu.store(this.word, 0)' })
  assert.equal((await checkLock('plain.js', code)).code, 0)
  const relaxed = await checkLock('plain.js', code, '--memory', 'relaxed', '--json')
  assert.equal(relaxed.code, 1)
  const answers: readonly { readonly verdict: string; readonly memory: string; readonly says: string }[] = JSON.parse(
    relaxed.out,
  )
  assert.ok(answers.some(({ verdict, memory }) => verdict === 'FAIL' && memory === 'relaxed'))
})

test('the lock of a patch is checked against the contract as the patch builds it', async () => {
  const { code, out } = await checkLock(
    'patch.js',
    `import { brings, patch, TicketLock, V6_8 } from 'faultline/kvm'
     class OneSide {
       constructor(place) { this.lock = new TicketLock(place) }
       *readLock(cpu) { yield* this.lock.acquire(cpu) }
       *readUnlock(cpu) { yield* this.lock.release(cpu) }
       *writeLock(cpu) { yield* this.lock.acquire(cpu) }
       *writeUnlock(cpu) { yield* this.lock.release(cpu) }
       *tryReadLock(cpu) { return yield* this.lock.tryAcquire(cpu) }
       *tryWriteLock(cpu) { return yield* this.lock.tryAcquire(cpu) }
       *isContended(cpu) { return false }
     }
     const own = brings({ mmuLock: (place) => new OneSide(place) })
     export default patch({ name: 'one-side', on: V6_8, says: 'one side', replaces: {}, brings: own })`,
  )
  assert.equal(code, 1, out)
  assert.match(out, /mmuLock of one-side/)
})

test('a reader-writer lock whose readers exclude each other fails', async () => {
  const { code, out } = await checkLock(
    'one-side.js',
    `import { TicketLock } from 'faultline/shared-memory'
     export class OneSide {
       constructor(place) { this.lock = new TicketLock(place) }
       *readLock(cpu) { yield* this.lock.acquire(cpu) }
       *readUnlock(cpu) { yield* this.lock.release(cpu) }
       *writeLock(cpu) { yield* this.lock.acquire(cpu) }
       *writeUnlock(cpu) { yield* this.lock.release(cpu) }
     }`,
  )
  assert.equal(code, 1)
  assert.match(out, /FAIL 2 readers are inside at the same time.*\n {2}deadlock:/)
  assert.equal(out.match(/^FAIL /gm)?.length, 1)
})

for (const [name, code, why] of [
  ['nothing.js', 'export const x = 1', /nothing\.js exports no lock\n.*`new \(place, cpus\)`/],
  ['half.js', 'export class Half { *acquire(cpu) {} }', /half\.js exports no lock; Half has no \*release\(cpu\)\n/],
  [
    'tryless.js',
    `import { brings, patch, V6_8 } from 'faultline/kvm'
     class Half { *readLock(cpu) {} *readUnlock(cpu) {} *writeLock(cpu) {} *writeUnlock(cpu) {} *isContended(cpu) {} }
     const own = brings({ mmuLock: () => new Half() })
     export default patch({ name: 'tryless', on: V6_8, says: '', replaces: {}, brings: own })`,
    /mmuLock of tryless has no \*tryReadLock\(cpu\), no \*tryWriteLock\(cpu\)\n/,
  ],
  [
    'members.js',
    spinLock({ release: 'yield* cpu.fetchAdd(this.word, -1)' }),
    /members\.js:\d+:\d+: `cpu` has no `fetchAdd`; it has /,
  ],
  [
    'value-import.ts',
    "import { Cpu } from 'faultline/kvm'\nexport class A { *acquire(cpu: Cpu) {} *release(cpu: Cpu) {} }",
    /value-import\.ts cannot be loaded: .*\n.*`import \{ type Cpu \}`/,
  ],
  ['syntax.js', 'export class {', /syntax\.js cannot be loaded: /],
  ['throws.js', 'export class A { constructor() { throw new Error("no") } }', /A of .*throws\.js cannot be built: no/],
  [
    'star.js',
    spinLock({ release: 'cpu.store(this.word, 0)' }),
    /actor 'cpu0' calls cpu\.store\(this\.word, 0\) in star\.js:\d+, but takes none of its steps\nWrite `yield\*`/,
  ],
  ['plain.js', spinLock().replace('*acquire', 'acquire').replaceAll('yield*', ''), /`yield\*`/],
  ['clock.js', spinLock({ release: 'if (Date.now() > 0) yield* cpu.store(this.word, 0)' }), /calls Date\.now\(\)/],
  [
    'late.js',
    spinLock({ release: "this.place.line('late')" }).replace('{ this.word', '{ this.place = place; this.word'),
    /'lock\.late' is placed after setup/,
  ],
] as const) {
  test(`${name} is refused with a sentence`, async () => {
    const { code: exit, err } = await checkLock(name, code)
    assert.equal(exit, 2, err)
    assert.match(err, why)
  })
}

test('a lock that excludes nothing fails, and is not checked for starvation', async () => {
  const { code, out, err } = await checkLock('void.js', 'export class Void { *acquire() {} *release() {} }')
  assert.deepEqual([code, err], [1, ''])
  assert.match(out, /^FAIL 2 CPUs exclude each other/m)
  assert.doesNotMatch(out, /^note:/m)
})

test('a missing file, and a file without a lock, are refused', async () => {
  const missing = await faultline('check', 'lock', join(folder, 'missing.js'))
  assert.equal(missing.code, 2)
  assert.match(missing.err, /missing\.js cannot be loaded/)
  assert.equal((await faultline('check', 'lock')).code, 2)
  const other = await faultline('check', 'precheck', 'spin.js')
  assert.equal(other.code, 2)
  assert.match(other.err, /'spin\.js' is not needed/)
})

test('flags of the protocol checks are refused for a lock', async () => {
  for (const flags of [['--variant', 'precheck'], ['--mutants'], ['--mutant', 'x'], ['--configuration', 'two-pairs']]) {
    const { code, err } = await checkLock('spin.js', spinLock(), ...flags)
    assert.equal(code, 2, flags.join(' '))
    assert.match(err, new RegExp(`^faultline: ${flags[0]} does not apply to \`check lock\``))
  }
})
