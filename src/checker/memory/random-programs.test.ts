import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  ACQUIRE,
  AS_STORE,
  AS_STORE_RELEASE,
  type Barrier,
  type ChangeOrder,
  type Cpu,
  FULL,
  MB,
  type Order,
  RELAXED,
  RELEASE,
  RMB,
  WMB,
  type Word,
} from '../../shared-memory/cpu.ts'
import { Place } from '../../shared-memory/place.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { Exhaustion } from '../exhaust.ts'
import { programOf } from '../exploration.ts'
import { reductionOf } from '../exploring.ts'
import { Machine } from '../machine.ts'
import type { MemoryModel } from './model.ts'

const LOADS = ['read', 'load', 'loadAcquire'] as const
const STORES = ['write', 'store', 'storeRelease'] as const
const BARRIERS: Readonly<Record<string, Barrier>> = { wmb: WMB, rmb: RMB, mb: MB }

const ADDS: Readonly<Record<string, Order>> = {
  add: FULL,
  addAcquire: ACQUIRE,
  addRelease: RELEASE,
  addRelaxed: RELAXED,
}

/** Each CPU has a byte of its own in each word, above what the others store and add. */
const BYTES: Readonly<Record<string, ChangeOrder>> = { byte: AS_STORE, byteRelease: AS_STORE_RELEASE }

type Step = {
  readonly kind:
    | (typeof LOADS)[number]
    | (typeof STORES)[number]
    | keyof typeof ADDS
    | keyof typeof BYTES
    | 'cas'
    | keyof typeof BARRIERS
  readonly word: number
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    ...LOADS,
    ...STORES,
    ...Object.keys(ADDS),
    ...Object.keys(BYTES),
    'cas',
    ...Object.keys(BARRIERS),
  ),
  word: fc.nat(1),
})
const programs = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 3 })

/** Every store has a unique value, so an outcome shows which store it came from. */
function* run(cpu: Cpu, words: readonly Word[], steps: readonly Step[]): Steps<string> {
  const found: number[] = []
  let value = cpu.id * 10
  for (const { kind, word } of steps) {
    if (!(kind in BARRIERS)) value += 1
    if (kind === 'read' || kind === 'load' || kind === 'loadAcquire') {
      const got = yield* cpu[kind](words[word]!)
      found.push(got)
    } else if (kind in ADDS) {
      const was = yield* cpu.add(words[word]!, 100, ADDS[kind])
      found.push(was)
    } else if (kind in BYTES) {
      yield* cpu.or(words[word]!, 1 << (16 + cpu.id), BYTES[kind])
    } else if (kind === 'cas') {
      const was = yield* cpu.cas(words[word]!, found.at(-1) ?? 0, value)
      found.push(was)
    } else if (kind === 'write' || kind === 'store' || kind === 'storeRelease') yield* cpu[kind](words[word]!, value)
    else yield* cpu.barrier(BARRIERS[kind]!)
  }
  return found.join()
}

function outcomesOf(actors: readonly (readonly Step[])[], memory: MemoryModel, reduce: boolean): string[] {
  const seen = new Set<string>()
  const setup = (place: Place) => [place.line('x'), place.line('y')]
  const words = setup(new Place())
  const named = actors.map(
    (steps, index) => [`P${index}`, (cpu: Cpu, own: readonly Word[]) => run(cpu, own, steps)] as const,
  )
  const program = programOf({ setup, actors: Object.fromEntries(named) })
  const atRest = (values: Int32Array, results: readonly unknown[]) => {
    seen.add([...results, ...words.map((word) => values[word])].join(' | '))
    return []
  }
  const machine = new Machine({ ...program, atRest }, { patience: 1, memory })
  const bounds = { depth: 1000, states: 1e6, isOver: () => false }
  assert.equal(new Exhaustion(machine, bounds, reduce ? reductionOf(machine) : undefined).run().verdict, 'PASS')
  return [...seen].sort()
}

/** The exchange fails because of 65536, which is neither the newest value, nor the oldest that it may find: that one it expects. */
const findsTheSecondOfThreeValues: Step[][] = [
  [{ kind: 'byte', word: 0 }],
  [
    { kind: 'addAcquire', word: 0 },
    { kind: 'read', word: 1 },
    { kind: 'read', word: 0 },
  ],
  [
    { kind: 'rmb', word: 0 },
    { kind: 'addRelaxed', word: 1 },
    { kind: 'cas', word: 0 },
  ],
]

test('for any program the reduction loses no outcome, and a weaker model has every outcome of a stronger one', () => {
  fc.assert(
    fc.property(programs, (actors) => {
      const [sc, tso, relaxed] = (['sc', 'tso', 'relaxed'] as const).map((memory) => {
        const reduced = outcomesOf(actors, memory, true)
        assert.deepEqual(reduced, outcomesOf(actors, memory, false), memory)
        return new Set(reduced)
      }) as [Set<string>, Set<string>, Set<string>]
      for (const outcome of sc) assert.ok(tso.has(outcome))
      for (const outcome of tso) assert.ok(relaxed.has(outcome))
    }),
    { numRuns: 200, examples: [[findsTheSecondOfThreeValues]] },
  )
})

test('with a full barrier between any two steps every model is sequentially consistent', () => {
  fc.assert(
    fc.property(programs, (actors) => {
      const fenced = actors.map((steps) => steps.flatMap((one) => [one, { kind: 'mb', word: 0 } as const]))
      const sc = outcomesOf(actors, 'sc', true)
      for (const memory of ['tso', 'relaxed'] as const) assert.deepEqual(outcomesOf(fenced, memory, true), sc)
    }),
    { numRuns: 100 },
  )
})
