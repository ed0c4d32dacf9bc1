import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import { TatasLock } from '../shared-memory/locks/tatas.ts'
import { TicketLock } from '../shared-memory/locks/ticket.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { Exhaustion } from './exhaust.ts'
import { type Exploration, programOf } from './exploration.ts'
import { allEnd, explore } from './index.ts'
import { Machine } from './machine.ts'
import { Reduction } from './reduction.ts'
import { countTraces } from './traces.contract.ts'

const machineOf = <S>(exploration: Exploration<S>) => new Machine(programOf(exploration), { patience: 1 })
const named = <T>(n: number, actor: (index: number) => T) =>
  Object.fromEntries(Array.from({ length: n }, (_, index) => [`actor${index}`, actor(index)]))
const shared = { setup: (place: Place) => place.line('shared') }

for (const [n, factorial] of [
  [2, 2],
  [3, 6],
  [4, 24],
  [5, 120],
] as const) {
  test(`${n} writers of one word have ${factorial} executions`, () => {
    const actors = named(n, (index) => (cpu: Cpu, word: Word) => cpu.store(word, index + 1))
    assert.equal(countTraces(machineOf({ ...shared, actors })), factorial)
  })
}

test('actors that share nothing have one execution', () => {
  const setup = (place: Place) => [0, 1, 2, 3].map((index) => place.line(`own${index}`))
  function* own(cpu: Cpu, word: Word): Steps<void> {
    for (let turn = 0; turn < 4; turn += 1) yield* cpu.add(word, 1)
  }
  const actors = named(4, (index) => (cpu: Cpu, words: Word[]) => own(cpu, words[index]!))
  assert.equal(countTraces(machineOf({ setup, actors })), 1)
  assert.equal(explore({ setup, actors }).counts.executions, 1)
})

test('readers never conflict with readers', () => {
  const actors = named(5, () => (cpu: Cpu, word: Word) => cpu.load(word))
  assert.equal(countTraces(machineOf({ ...shared, actors })), 1)
})

test('one writer among readers has one execution for each place that it can take among them', () => {
  const actors = {
    ...named(3, () => (cpu: Cpu, word: Word) => cpu.load(word)),
    writer: (cpu: Cpu, word: Word) => cpu.store(word, 1),
  }
  assert.equal(countTraces(machineOf({ ...shared, actors })), 8)
})

test('a lost update is found, and its witness shows each step', () => {
  function* increment(cpu: Cpu, word: Word): Steps<void> {
    const value = yield* cpu.load(word)
    yield* cpu.store(word, value + 1)
  }
  const { verdict, findings, witness, schedule } = explore({
    ...shared,
    actors: { left: increment, right: increment },
    oracle: ({ subject, valueIn }) =>
      valueIn(subject) === 2 ? undefined : `${valueIn(subject)} of 2 increments arrived`,
  })
  assert.equal(verdict, 'FAIL')
  assert.deepEqual(
    findings.map(({ says }) => says),
    ['1 of 2 increments arrived'],
  )
  assert.equal(schedule?.length, 4)
  assert.match(witness!, /CPU 0: left +CPU 1: right/)
  assert.match(witness!, /load shared is 0/)
})

for (const [name, build] of [
  ['ticket', (place: Place) => new TicketLock(place.within('lock'))],
  ['tatas', (place: Place) => new TatasLock(place.within('lock'))],
] as const) {
  test(`three CPUs exclude each other by a ${name} lock, whatever the interleaving`, () => {
    const setup = (place: Place) => ({ lock: build(place), inside: place.line('inside') })
    function* visit(cpu: Cpu, { lock, inside }: ReturnType<typeof setup>): Steps<void> {
      yield* lock.acquire(cpu)
      const others = yield* cpu.add(inside, 1)
      if (others !== 0) cpu.violation(0, others)
      yield* cpu.sub(inside, 1)
      yield* lock.release(cpu)
    }
    const { verdict, counts } = explore({ setup, actors: { a: visit, b: visit, c: visit } })
    assert.equal(verdict, 'PASS')
    assert.equal(counts.blocked, 0)
  })
}

test('a deadlock is found, with what each actor waits for', () => {
  const setup = (place: Place) => [place.line('first'), place.line('second')] as const
  const take = (one: 0 | 1, then: 0 | 1) =>
    function* (cpu: Cpu, words: readonly [Word, Word]): Steps<void> {
      yield* cpu.untilEqual(words[one], 0)
      yield* cpu.store(words[one], 1)
      yield* cpu.untilEqual(words[then], 0)
    }
  const { verdict, findings, witness } = explore({ setup, actors: { left: take(0, 1), right: take(1, 0) } })
  assert.equal(verdict, 'FAIL')
  assert.equal(findings[0]!.name, 'deadlock')
  assert.match(witness!, /right holds nothing and waits for first \(1\) to be 0/)
})

test('a spin counts as a wait: it is unrolled only until nothing changes', () => {
  function* spin(cpu: Cpu, word: Word): Steps<void> {
    for (;;) {
      const value = yield* cpu.load(word)
      if (value !== 0) return
      yield* cpu.pause()
    }
  }
  const actors = { spinner: spin, writer: (cpu: Cpu, word: Word) => cpu.store(word, 1) }
  const { verdict, counts } = explore({ ...shared, actors, oracle: allEnd })
  assert.equal(verdict, 'PASS')
  assert.ok(counts.states < 20)
  assert.equal(explore({ ...shared, actors: { spinner: spin } }).findings[0]!.name, 'deadlock')
})

test('a sleeper that is never woken is a deadlock, one that is woken is none', () => {
  function* wake(cpu: Cpu, word: Word): Steps<void> {
    yield* cpu.store(word, 1)
    yield* cpu.unpark(word, 1)
  }
  const sleeper = (cpu: Cpu, word: Word) => cpu.park(word, 0)
  assert.equal(explore({ ...shared, actors: { sleeper, waker: wake }, oracle: allEnd }).verdict, 'PASS')
  const forgets = (cpu: Cpu, word: Word) => cpu.store(word, 1)
  assert.equal(explore({ ...shared, actors: { sleeper, forgets } }).findings[0]!.name, 'deadlock')
})

test('an actor that behaves differently when it is run again is refused', () => {
  let calls = 0
  const setup = (place: Place) => [place.line('one'), place.line('two')] as const
  function* moody(cpu: Cpu, words: readonly [Word, Word]): Steps<void> {
    calls += 1
    yield* cpu.add(words[calls % 2]!, 1)
    yield* cpu.add(words[0], 1)
  }
  assert.throws(
    () => explore({ setup, actors: { moody, other: moody } }),
    /reached 'add (one|two)' instead of 'add (one|two)'/,
  )
})

test('a bound that is reached makes the verdict unknown', () => {
  function* long(cpu: Cpu, word: Word): Steps<void> {
    for (let turn = 0; turn < 50; turn += 1) yield* cpu.add(word, 1)
  }
  const { verdict } = explore({ ...shared, actors: { a: long, b: long }, bound: { depth: 20, preemptions: -1 } })
  assert.equal(verdict, 'UNKNOWN')
})

test('the reduction leaves out states, but no final state', () => {
  const setup = (place: Place) => ({ lock: new TicketLock(place.within('lock')), last: place.line('last') })
  const visit = (value: number) =>
    function* (cpu: Cpu, { lock, last }: ReturnType<typeof setup>): Steps<void> {
      yield* lock.acquire(cpu)
      yield* cpu.write(last, value)
      yield* lock.release(cpu)
    }
  const endings = (reduce: boolean) => {
    const seen = new Set<string>()
    const exploration = { setup, actors: { a: visit(1), b: visit(2), c: visit(3) } }
    const program = programOf(exploration)
    const machine = new Machine(
      {
        ...program,
        atRest: (words) => {
          seen.add(words.join())
          return []
        },
      },
      { patience: 1 },
    )
    const bounds = { depth: 1000, states: 1e6, isOver: () => false }
    const search = new Exhaustion(machine, bounds, reduce ? new Reduction(machine) : undefined)
    assert.equal(search.run().verdict, 'PASS')
    return { seen: [...seen].sort(), states: search.counts.states }
  }
  const [all, reduced] = [endings(false), endings(true)]
  assert.deepEqual(reduced.seen, all.seen)
  assert.ok(reduced.states < all.states)
})

for (const mode of ['random', 'pct'] as const) {
  test(`executions by chance (${mode}) find a lost update, and never prove anything`, () => {
    function* increment(cpu: Cpu, word: Word): Steps<void> {
      const value = yield* cpu.load(word)
      yield* cpu.store(word, value + 1)
    }
    const actors = { left: increment, right: increment }
    const bound = { mode, seconds: 1 }
    const lost = explore({
      ...shared,
      actors,
      bound,
      oracle: ({ subject, valueIn }) => (valueIn(subject) === 2 ? undefined : 'lost'),
    })
    assert.equal(lost.verdict, 'FAIL')
    assert.equal(explore({ ...shared, actors, bound: { mode, seconds: 0.05 } }).verdict, 'UNKNOWN')
  })
}
