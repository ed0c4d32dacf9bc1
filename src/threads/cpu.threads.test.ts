import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Cpu, type Direct, MB, type Word, WRITE } from '../shared-memory/cpu.ts'
import { Place } from '../shared-memory/place.ts'
import { CpuRecords } from '../shared-memory/records.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { Stage } from '../shared-memory/testing.contract.ts'
import { SPIN_LOOKS, ThreadCpu } from './cpu.ts'
import { Crew, type Member } from './crew.contract.ts'
import { TORN, WRITES } from './crew-worker.contract.ts'
import { cpuFor } from './for-words.ts'
import { allocate, WORDS, type Words } from './memory.ts'

const SUBJECT = { kind: 'mutex' } as const

function alone(kind: Words = 'atomics') {
  const place = new Place()
  const [a, b] = [place.line('a'), place.line('b')]
  const memory = allocate(place, kind)
  return { a, b, memory, cpu: cpuFor(0, memory) }
}

type Name = 'read' | 'write' | 'load' | 'store' | 'add' | 'sub' | 'and' | 'or' | 'xchg' | 'cas'
type Instruction = readonly [name: Name, which: number, ...args: number[]]

for (const kind of WORDS)
  test(`every instruction on ${kind} words does what it does on a stage`, () => {
    const value = fc.oneof(
      fc.integer(),
      fc.integer({ min: -2, max: 2 }),
      fc.integer({ min: 2 ** 31, max: 2 ** 32 - 1 }),
    )
    const instruction = fc.oneof(
      fc.tuple(fc.constantFrom('read', 'load'), fc.nat(1)),
      fc.tuple(fc.constantFrom('write', 'store', 'add', 'sub', 'and', 'or', 'xchg'), fc.nat(1), value),
      fc.tuple(fc.constant('cas'), fc.nat(1), fc.integer({ min: -2, max: 2 }), value),
    ) as fc.Arbitrary<Instruction>
    fc.assert(
      fc.property(fc.array(instruction, { maxLength: 40 }), (instructions) => {
        const { a, b, memory, cpu } = alone(kind)
        const place = new Place()
        place.line('a')
        place.line('b')
        const words = [a, b]
        const call = (target: Cpu | Direct<Cpu>, [name, which, ...args]: Instruction): unknown =>
          (target[name] as (...args: number[]) => unknown)(words[which]!, ...args)
        const onThread = instructions.map((each) => call(cpu, each))
        const stage = new Stage(place, [
          function* (staged): Steps<unknown[]> {
            const results = []
            for (const each of instructions) results.push(yield* call(staged, each) as Steps<unknown>)
            return results
          },
        ])
        stage.run(0)
        const isWrite = (index: number) => ['write', 'store'].includes(instructions[index]![0])
        const onStage = stage.resultOf(0) as unknown[]
        for (const [index, result] of onThread.entries()) if (!isWrite(index)) assert.equal(result, onStage[index])
        assert.deepEqual([...memory.words], [...stage.memory])
      }),
    )
  })

for (const kind of WORDS)
  test(`a wait on ${kind} words for what is there already does not wait`, () => {
    const { a, cpu } = alone(kind)
    cpu.store(a, -1)
    cpu.untilEqual(a, -1)
    cpu.untilEqual(a, 0xffff_ffff)
    cpu.store(a, 0x300)
    assert.equal(cpu.untilClear(a, 0xff), 0x300)
    cpu.park(a, 0)
    cpu.barrier(MB)
    cpu.pause()
  })

for (const kind of WORDS)
  for (const [change, args] of [
    ['store', [1]],
    ['add', [1]],
    ['sub', [1]],
    ['and', [0]],
    ['or', [1]],
    ['xchg', [1]],
    ['cas', [0, 1]],
  ] as const) {
    test(`${change} on ${kind} words calls the sleepers of its line, and nothing while there are none`, (t) => {
      const { a, b, memory, cpu } = alone(kind)
      const notify = t.mock.method(Atomics, 'notify', () => 0)
      const write = cpu[change] as (...args: number[]) => unknown
      write.call(cpu, a, ...args)
      assert.equal(notify.mock.callCount(), 0)

      // Simulates a thread that sleeps on `a`.
      memory.words[a] = 0
      const before = [...memory.sleepers]
      memory.sleepers[0] = 1
      memory.sleepers[1 + a / 32] = 1
      write.call(cpu, b, ...args)
      assert.equal(notify.mock.callCount(), 0)
      write.call(cpu, a, ...args)
      assert.equal(notify.mock.callCount(), 1)
      assert.deepEqual(notify.mock.calls[0]!.arguments, [memory.words, a])
      memory.sleepers.set(before)
    })
  }

for (const kind of WORDS)
  test(`a compare-and-swap on ${kind} words that fails calls no sleeper`, (t) => {
    const { a, memory, cpu } = alone(kind)
    const notify = t.mock.method(Atomics, 'notify', () => 0)
    memory.sleepers.fill(1)
    assert.equal(cpu.cas(a, 7, 1), 0)
    assert.equal(notify.mock.callCount(), 0)
  })

for (const spinLooks of [0, SPIN_LOOKS]) {
  test(`a thread that looks ${spinLooks} times waits until the word has the value, and no longer`, async () => {
    await using crew = await Crew.of(SUBJECT, 2, spinLooks)
    const [waiter, other] = crew.members as [Member, Member]
    await waiter.queue('cpu.untilEqual', crew.flag, 5)
    await crew.until(() => crew.memory.sleepers[0] === 1, 'the waiter to sleep')
    await other.do('cpu.store', crew.flag, 4)
    assert.ok(waiter.isWaiting)
    await other.do('cpu.add', crew.flag, 1)
    await waiter.done()
    assert.deepEqual([...new Set(crew.memory.sleepers)], [0])
  })
}

test('a wait for clear bits returns the value that ended it', async () => {
  await using crew = await Crew.of(SUBJECT, 2, 0)
  const [waiter, other] = crew.members as [Member, Member]
  await other.do('cpu.store', crew.flag, 0x1ff)
  await waiter.queue('cpu.untilClear', crew.flag, 0xff)
  await other.do('cpu.store', crew.flag, 0x700)
  assert.equal(await waiter.done(), 0x700)
})

test('all threads that sleep on a word are woken when it changes', async () => {
  await using crew = await Crew.of(SUBJECT, 4, 0)
  const [other, ...waiters] = crew.members
  for (const waiter of waiters) await waiter.queue('cpu.untilEqual', crew.flag, 1)
  await crew.until(() => crew.memory.sleepers[0] === 3, 'all to sleep')
  await other!.do('cpu.store', crew.flag, 1)
  for (const waiter of waiters) await waiter.done()
  assert.equal(crew.memory.sleepers[0], 0)
})

test('a parked thread sleeps until it is woken, even if nothing changes', async () => {
  await using crew = await Crew.of(SUBJECT, 2, 0)
  const [sleeper, other] = crew.members as [Member, Member]
  await sleeper.queue('cpu.park', crew.flag, 0)
  while (!sleeper.isDone) await other.do('cpu.unpark', crew.flag, 1)
  assert.equal(crew.valueOf(crew.flag), 0)
})

test('an unpark wakes as many as it says', (t) => {
  const { a, memory, cpu } = alone()
  const notify = t.mock.method(Atomics, 'notify', () => 0)
  cpu.unpark(a, 3)
  assert.deepEqual(notify.mock.calls[0]!.arguments, [memory.words, a, 3])
})

test('a thread that parks on a word that has changed does not sleep', async () => {
  await using crew = await Crew.of(SUBJECT, 1, 0)
  const [only] = crew.members as [Member]
  await only.do('cpu.store', crew.flag, 3)
  await only.do('cpu.park', crew.flag, 0)
})

test('a run that is aborted ends every wait and leaves no thread counted as asleep', async () => {
  await using crew = await Crew.of(SUBJECT, 4, 0)
  const [equal, clear, park, taker] = crew.members as [Member, Member, Member, Member]
  await taker.do('cpu.store', crew.left, 1)
  await taker.do('acquire')
  await equal.queue('cpu.untilEqual', crew.flag, 1)
  await clear.queue('cpu.untilClear', crew.left, 1)
  await park.queue('acquire')
  crew.control.abort()
  const settled = await crew.settled
  assert.deepEqual(
    settled.map((outcome) => `${(outcome as PromiseRejectedResult).reason}`),
    new Array(4).fill('RunAborted: the run was aborted'),
  )
  assert.deepEqual([...new Set(crew.memory.sleepers)], [0])
})

test('a CPU of no run keeps nothing, until it is given records', () => {
  const { a, cpu } = alone()
  const records = CpuRecords.scratch({ cpus: 1, counters: 1, histograms: 1, locks: 300, oracles: 1 })
  const lock = 299 as Parameters<ThreadCpu['acquired']>[0]
  const once = () => {
    cpu.contentionBegin(lock, WRITE)
    cpu.contentionEnd(lock, WRITE)
    cpu.acquired(lock, WRITE)
    cpu.releasing(lock, WRITE)
    cpu.count(0, 1)
    cpu.violation(0, 1)
  }
  once()
  cpu.keepStatistics(records)
  once()
  once()
  const { acquisitions, contended, holds, waitTotalNs, holdTotalNs } = records.lock(lock, WRITE)
  assert.deepEqual({ acquisitions, contended, holds }, { acquisitions: 2, contended: 2, holds: 2 })
  assert.ok(waitTotalNs > 0 && holdTotalNs > 0)
  assert.equal(records.counters[0], 2)
  assert.deepEqual(records.violations(0), { count: 2, value: 1 })
  assert.ok(cpu.running() && !cpu.signalPending() && !cpu.needResched())
  assert.equal(cpu.peek(a as Word), 0)
})

test('a CPU without the memory of a place, or without a number, is refused', () => {
  const { memory } = alone()
  assert.throws(
    () => new ThreadCpu(0, undefined as never),
    /the memory of a ThreadCpu is what `allocate\(place\)` returns/,
  )
  assert.throws(() => new ThreadCpu(0, new SharedArrayBuffer(64) as never), TypeError)
  for (const id of [-1, 0.5, undefined]) assert.throws(() => new ThreadCpu(id as never, memory), /the number of a CPU/)
  assert.equal(new ThreadCpu(0, structuredClone(memory)).id, 0)
})

test('smp_mb() orders a plain store before a later load', async () => {
  await using crew = await Crew.of({ kind: 'plain flags' }, 2)
  // Without a fence one run in three of so many turns fails.
  await crew.drill('exclude', 2_000_000)
  const writes = [0, 1].reduce((sum, cpu) => sum + crew.records.of(cpu).counters[WRITES]!, 0)
  assert.equal(crew.valueOf(crew.left), writes)
  assert.deepEqual(
    [0, 1].map((cpu) => crew.records.of(cpu).violations(TORN).count),
    [0, 0],
  )
})
