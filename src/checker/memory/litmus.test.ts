import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ACQUIRE,
  AS_STORE,
  AS_STORE_RELEASE,
  type ChangeOrder,
  type Cpu,
  FULL,
  MB,
  type Order,
  RELEASE,
  RMB,
  RELAXED as UNORDERED,
  WMB,
  type Word,
} from '../../shared-memory/cpu.ts'
import { Place } from '../../shared-memory/place.ts'
import type { Steps } from '../../shared-memory/steps.ts'
import { Exhaustion } from '../exhaust.ts'
import { programOf } from '../exploration.ts'
import { reductionOf } from '../exploring.ts'
import { allEnd, explore } from '../index.ts'
import { Machine } from '../machine.ts'
import { MEMORY_MODELS, type MemoryModel } from './model.ts'

type Words = { readonly x: Word; readonly y: Word }
type Code = (cpu: Cpu, words: Words) => Steps<string>

const setup = (place: Place): Words => ({ x: place.line('x'), y: place.line('y') })

const storeX: Code = function* (cpu, { x }) {
  yield* cpu.store(x, 1)
  return ''
}
const storeY: Code = function* (cpu, { y }) {
  yield* cpu.store(y, 1)
  return ''
}
/** Stores to one word and loads the other, with something between. */
const storeLoad = (between: (cpu: Cpu) => Steps<void>, isSwapped: boolean): Code =>
  function* (cpu, { x, y }) {
    yield* cpu.store(isSwapped ? y : x, 1)
    yield* between(cpu)
    const found = yield* cpu.load(isSwapped ? x : y)
    return `${found}`
  }
/** Loads one word, then the other. */
const loadBoth = (between: (cpu: Cpu) => Steps<void>, isSwapped: boolean): Code =>
  function* (cpu, { x, y }) {
    const first = yield* cpu.load(isSwapped ? y : x)
    yield* between(cpu)
    const second = yield* cpu.load(isSwapped ? x : y)
    return `${first}${second}`
  }
const publishes = (between: (cpu: Cpu) => Steps<void>): Code =>
  function* (cpu, { x, y }) {
    yield* cpu.store(x, 1)
    yield* between(cpu)
    yield* cpu.store(y, 1)
    return ''
  }
/** Loads one word and stores the other. */
const loadStore = (isSwapped: boolean): Code =>
  function* (cpu, { x, y }) {
    const found = yield* cpu.load(isSwapped ? y : x)
    yield* cpu.store(isSwapped ? x : y, 1)
    return `${found}`
  }

function* nothing(): Steps<void> {}
const fence = (cpu: Cpu) => cpu.barrier(MB)
const wmb = (cpu: Cpu) => cpu.barrier(WMB)
const rmb = (cpu: Cpu) => cpu.barrier(RMB)

const releases: Code = function* (cpu, { x, y }) {
  yield* cpu.store(x, 1)
  yield* cpu.storeRelease(y, 1)
  return ''
}
const acquires: Code = function* (cpu, { x, y }) {
  const first = yield* cpu.loadAcquire(y)
  const second = yield* cpu.load(x)
  return `${first}${second}`
}
/** x = 1, then loads x, then loads y. */
const forwards = (isSwapped: boolean): Code =>
  function* (cpu, { x, y }) {
    const [own, other] = isSwapped ? [y, x] : [x, y]
    yield* cpu.store(own, 1)
    const mine = yield* cpu.load(own)
    const found = yield* cpu.load(other)
    return `${mine}${found}`
  }
const loadXTwice: Code = function* (cpu, { x }) {
  const first = yield* cpu.load(x)
  const second = yield* cpu.load(x)
  return `${first}${second}`
}
const exchanges = (isSwapped: boolean): Code =>
  function* (cpu, { x, y }) {
    yield* cpu.store(isSwapped ? y : x, 1)
    yield* cpu.add(isSwapped ? y : x, 0)
    const found = yield* cpu.load(isSwapped ? x : y)
    return `${found}`
  }
/** Stores to one word and a byte of it, as an unlock does, and loads the other. */
const unlocksAndLoads = (order: ChangeOrder, isSwapped: boolean): Code =>
  function* (cpu, { x, y }) {
    const own = isSwapped ? y : x
    yield* cpu.store(own, 1)
    yield* cpu.or(own, 0x100, order)
    const mine = yield* cpu.load(own)
    const found = yield* cpu.load(isSwapped ? x : y)
    return `${mine} ${found}`
  }
/** Publishes by an exchange of that order. */
const exchangesAfter = (order: Order, between: (cpu: Cpu) => Steps<void>): Code =>
  function* (cpu, { x, y }) {
    yield* cpu.store(x, 1)
    yield* between(cpu)
    yield* cpu.xchg(y, 1, order)
    return ''
  }
/** Publishes as an unlock does that stores a byte of the lock. */
const storesByteAfter = (order: ChangeOrder): Code =>
  function* (cpu, { x, y }) {
    yield* cpu.store(x, 1)
    yield* cpu.add(y, 1, order)
    return ''
  }
/** Reads the published value by an addition of that order. */
const addsBefore = (order: Order): Code =>
  function* (cpu, { x, y }) {
    const first = yield* cpu.add(y, 0, order)
    const second = yield* cpu.load(x)
    return `${first}${second}`
  }
/** x = 1, then an exchange of y that fails unless it is 7. */
const failsToExchange = (between: (cpu: Cpu) => Steps<void>): Code =>
  function* (cpu, { x, y }) {
    yield* cpu.store(x, 1)
    yield* between(cpu)
    const found = yield* cpu.cas(y, 7, 8)
    return `${found}`
  }
const storesTwo = (isSwapped: boolean): Code =>
  function* (cpu, { x, y }) {
    yield* cpu.store(isSwapped ? y : x, 1)
    yield* cpu.store(isSwapped ? x : y, 2)
    return ''
  }

/** What the actors return, and what is left in x and y, of every execution. */
function outcomesOf(codes: readonly Code[], memory: MemoryModel, reduce: boolean, final: boolean): string[] {
  const seen = new Set<string>()
  const program = programOf({ setup, actors: Object.fromEntries(codes.map((code, index) => [`P${index}`, code])) })
  const { x, y } = setup(new Place())
  const machine = new Machine(
    {
      ...program,
      atRest: (words, results) => {
        seen.add(
          [...results, ...(final ? [`x=${words[x]}`, `y=${words[y]}`] : [])].filter((one) => one !== '').join(' '),
        )
        return []
      },
    },
    { patience: 1, memory },
  )
  const bounds = { depth: 1000, states: 1e6, isOver: () => false }
  assert.equal(new Exhaustion(machine, bounds, reduce ? reductionOf(machine) : undefined).run().verdict, 'PASS')
  return [...seen].sort()
}

type Litmus = {
  readonly name: string
  readonly codes: readonly Code[]
  /** The outcome in question, and the models under which it happens. */
  readonly asks: string
  readonly allowed: readonly MemoryModel[]
  readonly final?: boolean
}

const WEAK = ['tso', 'relaxed'] as const
const RELAXED = ['relaxed'] as const
const NEVER = [] as const

const LITMUS: readonly Litmus[] = [
  { name: 'SB', codes: [storeLoad(nothing, false), storeLoad(nothing, true)], asks: '0 0', allowed: WEAK },
  { name: 'SB+mb', codes: [storeLoad(fence, false), storeLoad(fence, true)], asks: '0 0', allowed: NEVER },
  { name: 'SB+mb+po', codes: [storeLoad(fence, false), storeLoad(nothing, true)], asks: '0 0', allowed: WEAK },
  { name: 'SB+wmb', codes: [storeLoad(wmb, false), storeLoad(wmb, true)], asks: '0 0', allowed: WEAK },
  { name: 'SB+rmw', codes: [exchanges(false), exchanges(true)], asks: '0 0', allowed: NEVER },
  { name: 'MP', codes: [publishes(nothing), loadBoth(nothing, true)], asks: '10', allowed: RELAXED },
  { name: 'MP+wmb', codes: [publishes(wmb), loadBoth(nothing, true)], asks: '10', allowed: RELAXED },
  { name: 'MP+rmb', codes: [publishes(nothing), loadBoth(rmb, true)], asks: '10', allowed: RELAXED },
  { name: 'MP+wmb+rmb', codes: [publishes(wmb), loadBoth(rmb, true)], asks: '10', allowed: NEVER },
  { name: 'MP+release+acquire', codes: [releases, acquires], asks: '10', allowed: NEVER },
  { name: 'MP+release+po', codes: [releases, loadBoth(nothing, true)], asks: '10', allowed: RELAXED },
  { name: 'MP+xchg+rmb', codes: [exchangesAfter(FULL, nothing), loadBoth(rmb, true)], asks: '10', allowed: NEVER },
  {
    name: 'MP+xchg_release+rmb',
    codes: [exchangesAfter(RELEASE, nothing), loadBoth(rmb, true)],
    asks: '10',
    allowed: NEVER,
  },
  {
    name: 'MP+xchg_acquire+rmb',
    codes: [exchangesAfter(ACQUIRE, nothing), loadBoth(rmb, true)],
    asks: '10',
    allowed: RELAXED,
  },
  {
    name: 'MP+xchg_relaxed+rmb',
    codes: [exchangesAfter(UNORDERED, nothing), loadBoth(rmb, true)],
    asks: '10',
    allowed: RELAXED,
  },
  {
    name: 'MP+wmb+xchg_relaxed+rmb',
    codes: [exchangesAfter(UNORDERED, wmb), loadBoth(rmb, true)],
    asks: '10',
    allowed: NEVER,
  },
  {
    name: 'MP+byte_release+rmb',
    codes: [storesByteAfter(AS_STORE_RELEASE), loadBoth(rmb, true)],
    asks: '10',
    allowed: NEVER,
  },
  { name: 'MP+byte+rmb', codes: [storesByteAfter(AS_STORE), loadBoth(rmb, true)], asks: '10', allowed: RELAXED },
  {
    name: 'SB+byte_release+rfi',
    codes: [unlocksAndLoads(AS_STORE_RELEASE, false), unlocksAndLoads(AS_STORE_RELEASE, true)],
    asks: '257 0 257 0',
    allowed: WEAK,
  },
  {
    name: 'SB+or_release+rfi',
    codes: [unlocksAndLoads(RELEASE, false), unlocksAndLoads(RELEASE, true)],
    asks: '257 0 257 0',
    allowed: RELAXED,
  },
  { name: 'MP+wmb+add_acquire', codes: [publishes(wmb), addsBefore(ACQUIRE)], asks: '10', allowed: NEVER },
  { name: 'MP+wmb+add_release', codes: [publishes(wmb), addsBefore(RELEASE)], asks: '10', allowed: RELAXED },
  { name: 'MP+wmb+add_relaxed', codes: [publishes(wmb), addsBefore(UNORDERED)], asks: '10', allowed: RELAXED },
  { name: 'SB+cmpxchg+mb', codes: [failsToExchange(nothing), storeLoad(fence, true)], asks: '0 0', allowed: RELAXED },
  { name: 'SB+mb+cmpxchg+mb', codes: [failsToExchange(fence), storeLoad(fence, true)], asks: '0 0', allowed: NEVER },
  { name: 'LB', codes: [loadStore(false), loadStore(true)], asks: '1 1', allowed: NEVER },
  { name: 'CoRR', codes: [storeX, loadXTwice], asks: '10', allowed: NEVER },
  { name: 'CoWW', codes: [publishes(nothing)], asks: 'x=0 y=1', allowed: NEVER, final: true },
  {
    name: 'IRIW',
    codes: [storeX, storeY, loadBoth(nothing, false), loadBoth(nothing, true)],
    asks: '10 10',
    allowed: RELAXED,
  },
  {
    name: 'IRIW+rmb',
    codes: [storeX, storeY, loadBoth(rmb, false), loadBoth(rmb, true)],
    asks: '10 10',
    allowed: NEVER,
  },
  { name: 'n6, forwarding', codes: [forwards(false), forwards(true)], asks: '10 10', allowed: WEAK },
  {
    name: '2+2W',
    codes: [storesTwo(false), storesTwo(true)],
    asks: 'x=1 y=1',
    allowed: RELAXED,
    final: true,
  },
]

for (const { name, codes, asks, allowed, final = false } of LITMUS) {
  for (const memory of MEMORY_MODELS) {
    const isAllowed = allowed.some((one) => one === memory)
    test(`${name}: '${asks}' ${isAllowed ? 'happens' : 'never happens'} with ${memory}`, () => {
      const reduced = outcomesOf(codes, memory, true, final)
      assert.equal(reduced.includes(asks), isAllowed, reduced.join('; '))
      assert.deepEqual(reduced, outcomesOf(codes, memory, false, final), 'the reduction loses an outcome')
    })
  }
}

/** Polls until it sees the word change or is told to give up. */
const polls = (load: (cpu: Cpu, word: Word) => Steps<number>) =>
  function* (cpu: Cpu, { x }: Words): Steps<void> {
    for (;;) {
      const value = yield* load(cpu, x)
      if (value !== 0 || cpu.signalPending()) return
    }
  }

for (const memory of WEAK) {
  test(`a loop of plain loads may go on for ever with ${memory}, one of READ_ONCE ends`, () => {
    const bound = { memory, patience: 2 }
    const plain = explore({ setup, actors: { polls: polls((cpu, word) => cpu.read(word)), storeX }, bound })
    assert.deepEqual([plain.verdict, plain.findings[0]?.name], ['FAIL', 'livelock'])
    assert.match(plain.witness!, /read x is 0, and 1 in memory/)
    const actors = { polls: polls((cpu, word) => cpu.load(word)), storeX }
    const once = explore({ setup, actors, oracle: allEnd, bound })
    assert.equal(once.verdict, 'PASS')
  })
}

test('a barrier in the loop makes the compiler load again', () => {
  const read = function* (cpu: Cpu, word: Word): Steps<number> {
    yield* cpu.barrier(RMB)
    return yield* cpu.read(word)
  }
  for (const memory of WEAK) {
    const actors = { polls: polls(read), storeX }
    assert.equal(explore({ setup, actors, oracle: allEnd, bound: { memory } }).verdict, 'PASS')
  }
})

test('a witness shows when a store becomes visible', () => {
  const actors = { left: storeLoad(nothing, false), right: storeLoad(nothing, true) }
  const oracle = ({ results }: { results: readonly unknown[] }) =>
    results.join() === '0,0' ? 'both read 0' : undefined
  const { verdict, witness, memory } = explore({ setup, actors, oracle, bound: { memory: 'tso' } })
  assert.deepEqual([verdict, memory], ['FAIL', 'tso'])
  assert.match(witness!, /store x = 1, not yet visible/)
  assert.match(witness!, /store x = 1 becomes visible/)
})
