import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { toOpened } from '../../builds/opened.ts'
import type * as Shared from '../../shared-memory/index.ts'
import { compileFor, signalOf, targetOf } from '../compile-for.ts'
import { Control, DRAIN, MEASURE, STOP } from '../control.ts'
import { cpuFor } from '../for-words.ts'
import { allocate, type Memory } from '../memory.ts'
import { Status } from '../status.ts'
import { Compiler } from './compile.ts'
import { compileLocks } from './compile-system.ts'
import { installLocks } from './install.ts'
import { FENCE } from './instructions.ts'
import { compileModule } from './memory.ts'

const load = (build: string): Promise<typeof Shared> =>
  import(new URL(`../../${build}/shared-memory/index.js`, import.meta.url).href)
const [opened, direct] = await Promise.all([load('opened'), load('direct')])

const KINDS = {
  ticket: (library, place) => new library.TicketLock(place),
  tatas: (library, place) => new library.TatasLock(place),
  mutex: (library, place) => new library.Mutex(place),
  qspinlock: (library, place) => new library.QSpinLock(place, 3),
  'pv-qspinlock': (library, place) => new library.PvQSpinLock(place, 3),
  qrwlock: (library, place) => new library.QRwLock(place, 3),
  'pv-qrwlock': (library, place) =>
    new library.QRwLock(place, 3, undefined, (queue) => new library.PvQSpinLock(queue, 3)),
  rwsem: (library, place) => new library.RwSem(place, 3),
  seqcount: (library, place) => new library.SeqCount(place),
  srcu: (library, place) => new library.Srcu(place, 3),
} as const satisfies Record<string, (library: typeof Shared, place: Shared.Place) => object>

function placed(library: typeof Shared, kind: keyof typeof KINDS) {
  const place = new library.Place()
  place.line('something before it')
  const lock = KINDS[kind](library, place.within(kind))
  return { lock: lock as unknown as Record<string, (...args: unknown[]) => unknown>, memory: allocate(place, 'wasm') }
}

const sum = ({ words }: Memory) => words.reduce((a, b) => a + b, 0)

/** Pairs of operations that restore the state, in any state. */
const PAIRS = [
  ['acquire', 'release'],
  ['readLock', 'readUnlock'],
  ['writeLock', 'writeUnlock'],
  ['readBegin', 'readRetry'],
  ['writeBegin', 'writeEnd'],
] as const

for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
  test(`${kind} is compiled whole, and does to the words what its JavaScript does`, () => {
    fc.assert(
      fc.property(fc.nat(2), fc.array(fc.nat(PAIRS.length - 1), { maxLength: 12 }), (id, choices) => {
        const [compiled, plain] = [placed(opened, kind), placed(direct, kind)]
        const cpus = [cpuFor(id, compiled.memory), cpuFor(id, plain.memory)] as const
        assert.deepEqual(compileFor({ compiled: compiled.lock }, cpus[0], compiled.memory), [])
        for (const choice of choices) {
          const [take, leave] = PAIRS[choice]!
          if (plain.lock[take] === undefined) continue
          assert.ok(Object.hasOwn(compiled.lock, take), `${kind}.${take} is compiled`)
          const results = [compiled, plain].map(({ lock }, which) => {
            const first = lock[take]!(cpus[which])
            return [first, sum([compiled, plain][which]!.memory), lock[leave]!(cpus[which], first)]
          })
          assert.deepEqual(results[0], results[1])
          assert.deepEqual([...compiled.memory.words], [...plain.memory.words])
        }
      }),
      { numRuns: 20 },
    )
  })
}

/** A class as the opened build has it; `names`: of what its text names. */
const asOpened = <T extends { readonly name: string }>(type: T, names: Readonly<Record<string, unknown>> = {}): T =>
  new Function(...Object.keys(names), `${toOpened(`${type}`)}\nreturn ${type.name}`)(...Object.values(names)) as T

function compiledAlone(lock: object) {
  const memory = allocate({ words: 64 }, 'wasm')
  return compileFor({ lock }, cpuFor(0, memory), memory)
}

type AnyCpu = { load: (word: number) => number; add: (word: number, by: number) => number }

test('a lock that cannot be compiled stays in JavaScript, with the reason', () => {
  class OddLock {
    id = 0
    word = 32
    acquire(cpu: AnyCpu) {
      for (const each in [1, 2]) cpu.add(this.word, Number(each))
    }
    tryAcquire(cpu: AnyCpu) {
      return Date.now() > cpu.load(1)
    }
    release(cpu: AnyCpu) {
      cpu.add(this.word, -1)
    }
  }
  const lock = new (asOpened(OddLock))()
  assert.deepEqual(compiledAlone(lock), [
    { method: 'OddLock.acquire', why: 'a ForInStatement' },
    { method: 'OddLock.tryAcquire', why: 'the name Date' },
  ])
  assert.ok(Object.hasOwn(lock, 'release') && !Object.hasOwn(lock, 'acquire'))
})

for (const [what, cpus, calls] of [
  ['a call on a CPU of a run, which keeps records', 1, 1],
  ['nothing on a CPU of no run', 0, 0],
] as const) {
  test(`the beginning of a slow path is ${what}`, () => {
    const place = new opened.Place()
    const lock = new opened.PvQSpinLock(place, 1)
    const memory = allocate(place, 'wasm', cpus)
    const cpu = cpuFor(0, memory)
    const begun: number[][] = []
    cpu.contentionBegin = (...lockAndSide) => void begun.push(lockAndSide)
    assert.deepEqual(compileFor({ lock }, cpu, memory), [])
    const queued = 1 << 18
    memory.words[lock.val] = queued
    lock.acquire(cpu as never)
    assert.equal(memory.words[lock.val], queued | 1)
    assert.equal(begun.length, calls)
  })
}

for (const keepsOrder of [true, false]) {
  test(`a barrier is ${keepsOrder ? 'nothing' : 'a fence'} where the host ${keepsOrder ? 'keeps' : 'does not keep'} the order`, () => {
    const place = new opened.Place()
    const lock = new opened.SeqCount(place)
    const target = { ...targetOf(0, allocate(place, 'wasm') as Required<Memory>, false), keepsOrder }
    const compiler = new Compiler(target)
    assert.equal(compiler.methodsOf([lock]).length, 4)
    assert.equal(compiler.bytes.join().includes(FENCE.join()), !keepsOrder)
    assert.ok(compileModule(compiler.bytes))
  })
}

test('a lock with mutable fields in JavaScript is not compiled', () => {
  class CountingLock {
    taken = 0
    acquire(cpu: AnyCpu) {
      this.taken += 1
      cpu.add(32, 1)
    }
    tryAcquire(cpu: AnyCpu) {
      return cpu.load(32) === this.taken
    }
    release(cpu: AnyCpu) {
      cpu.add(32, -1)
    }
  }
  class CountedBelow extends CountingLock {}
  const opened = asOpened(CountingLock)
  for (const type of [opened, asOpened(CountedBelow, { CountingLock: opened })]) {
    const lock = new type()
    assert.deepEqual(compiledAlone(lock), [{ method: type.name, why: 'it keeps state besides its words' }])
    assert.ok(!Object.hasOwn(lock, 'acquire'))
  }
})

test('compiled code learns of the end of its run, and its heart beats meanwhile', () => {
  const text = 'return class L { acquire(cpu) {} release(cpu) {} tryAcquire(cpu) { return cpu.signalPending() } }'
  const lock = new (asOpened(new Function(text)() as new () => { tryAcquire: (cpu: unknown) => boolean }))()
  const memory = allocate({ words: 64 }, 'wasm', 2) as Required<Memory>
  const control = new Control(memory.control)
  const cpu = cpuFor(1, memory)
  const code = compileLocks({ lock }, targetOf(1, memory, false, 'call', undefined, signalOf(1, memory)))
  installLocks(code, { lock }, cpu, memory.wasm)
  const status = new Status(memory.standings)
  for (const [phase, isPending, beats] of [
    [MEASURE, false, 1],
    [DRAIN, true, 2],
    [STOP, true, 3],
  ] as const) {
    control.advance(phase)
    assert.equal(lock.tryAcquire(cpu), isPending)
    assert.deepEqual([status.of(0).heartbeat, status.of(1).heartbeat], [0, beats])
  }
})

for (const [what, method, why] of [
  ['a number without a sign', 'return cpu.load(32) >>> 0', '>>> by nothing, for more than a comparison'],
  ['a product that JavaScript rounds', 'return cpu.load(32) * cpu.load(33)', 'the operator *'],
  [
    'a comparison of a number with a boolean',
    'return cpu.load(32) === true',
    'the operator === of a number and a boolean',
  ],
  [
    'now a number, now a boolean',
    'if (cpu.load(32) === 0) return 1; return true',
    'a function that returns now one thing, now another',
  ],
] as const) {
  test(`${what} is not compiled`, () => {
    const type = new Function(
      `return class L { acquire(cpu) {} release(cpu) {} tryAcquire(cpu) { ${method} } }`,
    )() as new () => object
    assert.deepEqual(compiledAlone(new (asOpened(type))()), [{ method: 'L.tryAcquire', why }])
  })
}
