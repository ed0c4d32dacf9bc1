import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BROADCAST_KIND, WORK_KIND } from '../protocols/costs.ts'
import { type Cpu, MB, RELEASE } from '../shared-memory/cpu.ts'
import type { Lock } from '../shared-memory/locks/lock.ts'
import { LOCKED, QSpinLock } from '../shared-memory/locks/qspinlock.ts'
import { TicketLock } from '../shared-memory/locks/ticket.ts'
import { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { playOn } from './testing.contract.ts'

test('CPUs that want one line have it one after the other, in the order of asking', () => {
  const place = new Place()
  const word = place.line('word')
  const orders: number[] = []
  const actors = [0, 1, 2, 3].map(
    (id) =>
      function* (cpu: Cpu) {
        const was = yield* cpu.add(word, 1)
        orders[was] = id
      },
  )
  const { endsNs } = playOn(place, actors, {}, [30, 10, 20, 0])
  assert.deepEqual(orders, [3, 1, 2, 0])
  // From memory, then from each CPU to the next: 50 for the transfer and 5 for the atomic.
  assert.deepEqual(endsNs, [270, 160, 215, 105])
})

test('a line in the own cache needs no transfer, and one that others have read is requested again', () => {
  const place = new Place()
  const word = place.line('word')
  const { endsNs } = playOn(
    place,
    [
      function* (cpu) {
        yield* cpu.add(word, 1)
        yield* cpu.add(word, 1)
        yield* cpu.untilTime(1000)
        yield* cpu.add(word, 1)
      },
      function* (cpu) {
        yield* cpu.load(word)
      },
    ],
    {},
    [0, 500],
  )
  assert.deepEqual(endsNs, [1055, 551])
})

test('a guest that a program plays costs what the profile says for each access, and nothing where it says nothing', () => {
  const endsNs = (values: Readonly<Record<string, number>>) => {
    const twice = function* (cpu: Cpu) {
      yield* cpu.work(WORK_KIND.guest_access, 2)
      yield* cpu.work(WORK_KIND.exit_entry, 1)
    }
    return playOn(new Place(), [twice], { 'cost.guest_access_ns': 60, ...values }).endsNs
  }
  assert.deepEqual(endsNs({}), [420])
  assert.deepEqual(endsNs({ guest_loop_ns: 40 }), [500])
})

test('a spinning CPU sleeps until its line is written, and then pays for it', () => {
  const place = new Place()
  const flag = place.line('flag')
  const { endsNs, machine } = playOn(place, [
    function* (cpu) {
      yield* cpu.untilEqual(flag, 1)
    },
    function* (cpu) {
      yield* cpu.untilTime(10_000)
      yield* cpu.store(flag, 1)
    },
  ])
  // The store enters its buffer at once; the line arrives 100 later, and then moves to the waiting CPU.
  assert.deepEqual(endsNs, [10_152, 10_001])
  assert.ok(machine.steps < 10)
})

/** ns for one round in which each of the CPUs has the lock once, when all want it all the time. */
function handOver(lockOf: (place: Place, cpus: number) => Lock, cpus: number): number {
  const place = new Place()
  const lock = lockOf(place, cpus)
  const rounds = 40
  const actor = function* (cpu: Cpu) {
    for (let round = 0; round < rounds; round += 1) {
      yield* lock.acquire(cpu)
      yield* lock.release(cpu)
    }
  }
  const { endsNs } = playOn(place, new Array(cpus).fill(actor))
  return Math.max(...endsNs) / (rounds * cpus)
}

test('a ticket lock slows down with every waiter, as all of them fetch the line; a queued lock does not', () => {
  const ticket = [4, 16, 64].map((cpus) => handOver((place) => new TicketLock(place), cpus))
  const queued = [4, 16, 64].map((cpus) => handOver((place, all) => new QSpinLock(place, all), cpus))
  assert.ok(queued[2]! < queued[0]! * 1.5, `${queued}`)
  assert.ok(ticket[1]! > ticket[0]! * 1.5 && ticket[2]! > ticket[1]! * 2.5, `${ticket}`)
})

test('an IPI round costs its sender a share for each receiver', () => {
  const time = (receivers: number) =>
    playOn(new Place(), [
      function* (cpu) {
        yield* cpu.broadcast(BROADCAST_KIND.ipi, receivers)
      },
    ]).endsNs[0]!
  assert.deepEqual([time(1), time(2), time(63)], [200, 400, 12_600])
})

test('CPUs that issue DVM operations share one server, however many they are', () => {
  const actor = function* (cpu: Cpu) {
    yield* cpu.broadcast(BROADCAST_KIND.ic_ivau, 1_000_000)
  }
  const time = (cpus: number) => Math.max(...playOn(new Place(), new Array(cpus).fill(actor)).endsNs)
  assert.deepEqual([time(1), time(64)], [10_000_000, 640_000_000])
})

test('with more CPUs than cores each has its turn, and the lock of one without a core is waited for', () => {
  const place = new Place()
  const lock = new QSpinLock(place, 3)
  const actor = function* (cpu: Cpu) {
    for (let round = 0; round < 100; round += 1) {
      yield* lock.acquire(cpu)
      yield* cpu.work(WORK_KIND.exit_entry, 100)
      yield* lock.release(cpu)
      yield* cpu.work(WORK_KIND.exit_entry, 10)
    }
  }
  const values = { cpus: 2, slice_ms: 1 }
  const { machine, endsNs } = playOn(place, [actor, actor, actor], values)
  assert.deepEqual(machine.stuck, [])
  assert.ok(machine.cpus.every(({ id }) => machine.cores.slices[id]! > 2))
  const own = 100 * 110 * 300
  assert.ok(Math.max(...endsNs) > own * 1.5)
})

test('CPUs in a deadlock are named with their words', () => {
  const place = new Place()
  const flag = place.line('flag')
  const { machine } = playOn(place, [
    function* (cpu) {
      yield* cpu.untilEqual(flag, 1)
    },
  ])
  assert.deepEqual(
    machine.stuck.map(({ cpu, name, word }) => `${cpu} ${name} ${place.nameOf(word)}`),
    ['0 until flag'],
  )
})

/** ns of its window in which a CPU was neither blocked nor asleep. */
function busyNs({ machine }: ReturnType<typeof playOn>, cpu: number): number {
  const { began, ended, blockedInWindow } = machine.cpus[cpu]!.ledger
  return (ended - began - blockedInWindow.reduce((sum, ps) => sum + ps, 0)) / 1000
}

test('every wait of a CPU has a cause, and the rest is the time of its own operations', () => {
  const place = new Place()
  const word = place.line('word')
  const flag = place.line('flag')
  const actor = function* (cpu: Cpu) {
    cpu.running()
    for (let round = 1; round <= 5; round += 1) {
      yield* cpu.work(WORK_KIND.exit_entry, 1)
      yield* cpu.add(word, 1)
      yield* cpu.broadcast(BROADCAST_KIND.ipi, 3)
      yield* cpu.broadcast(BROADCAST_KIND.ic_ivau, 100)
      yield* cpu.untilTime(round * 20_000)
      yield* cpu.load(word)
      yield* cpu.pause()
    }
    const last = yield* cpu.add(flag, 1)
    if (last < 3) yield* cpu.untilEqual(flag, 4)
  }
  const starts = [0, 10, 20, 30]
  const played = playOn(place, [actor, actor, actor, actor], {}, starts)
  const rounds = 5 * (300 + 5 + 1 + 10)
  for (const cpu of starts.keys()) {
    const looks = busyNs(played, cpu) - rounds - 5
    // During the last wait a spinning CPU looks at the flag each time that it is written, for 1 ns.
    assert.ok(Number.isInteger(looks) && looks >= 0 && looks <= 5, `CPU ${cpu} was busy for ${looks} ns more`)
  }
})

test('a CPU that has no core is not busy', () => {
  const place = new Place()
  const actor = function* (cpu: Cpu) {
    cpu.running()
    for (let round = 0; round < 100; round += 1) yield* cpu.work(WORK_KIND.exit_entry, 100)
  }
  const played = playOn(place, [actor, actor, actor, actor], { cpus: 2, slice_ms: 1, switch_ns: 0 })
  for (const cpu of [0, 1, 2, 3]) assert.equal(busyNs(played, cpu), 100 * 100 * 300)
})

test('a store that misses does not stop its CPU; an atomic and a full barrier after it wait until it is in the cache', () => {
  const place = new Place()
  const [first, second] = [place.line('first'), place.line('second')]
  const ends = (after: (cpu: Cpu) => Steps<unknown>) =>
    playOn(place, [
      function* (cpu) {
        yield* cpu.store(second, 1)
        yield* cpu.untilTime(1000)
        yield* cpu.store(first, 1)
        yield* after(cpu)
      },
    ]).endsNs[0]
  assert.equal(
    ends((cpu) => cpu.load(second)),
    1002,
  )
  assert.equal(
    ends((cpu) => cpu.barrier(MB)),
    1101,
  )
  assert.equal(
    ends((cpu) => cpu.add(second, 1)),
    1106,
  )
})

test('an unlock that stores a byte does not wait for its line, as one that is an atomic does', () => {
  const place = new Place()
  const lock = new QSpinLock(place, 2)
  const unlockNs = (release: (cpu: Cpu) => Steps<unknown>) => {
    let took = 0
    playOn(place, [
      function* (cpu) {
        yield* lock.acquire(cpu)
        yield* cpu.untilTime(1000)
        const began = cpu.now()
        yield* release(cpu)
        took = cpu.now() - began
      },
      // Has a copy of the lock's line by then.
      function* (cpu) {
        yield* cpu.untilTime(500)
        yield* lock.isLocked(cpu)
      },
    ])
    return took
  }
  assert.equal(
    unlockNs((cpu) => lock.release(cpu)),
    1,
  )
  assert.equal(
    unlockNs((cpu) => cpu.sub(lock.val, LOCKED, RELEASE)),
    55,
  )
})

test('a store behind CPUs that want its line waits in their queue: no CPU sees it before its turn', () => {
  const place = new Place()
  const word = place.line('word')
  const seen: number[] = []
  const actors = [0, 1].map(
    () =>
      function* (cpu: Cpu) {
        seen.push(yield* cpu.add(word, 1))
      },
  )
  playOn(
    place,
    [
      ...actors,
      function* (cpu) {
        yield* cpu.store(word, 100)
      },
    ],
    {},
    [0, 1, 2],
  )
  assert.deepEqual(seen, [0, 1])
})

const THREADS = { cpus: 4, threads_per_core: 2, c2c_smt_ns: 8, smt_slowdown: 1 }

test('both threads of a core read one copy of a line', () => {
  const place = new Place()
  const word = place.line('word')
  const reader = function* (cpu: Cpu) {
    yield* cpu.load(word)
  }
  const idle = function* () {}
  // CPUs 0 and 2 share a core, 0 and 1 do not.
  const { endsNs } = playOn(place, [reader, idle, reader], THREADS, [0, 0, 500])
  assert.equal(endsNs[2], 501)
  const apart = playOn(place, [reader, reader], THREADS, [0, 500])
  assert.ok(apart.endsNs[1]! > 540, `${apart.endsNs}`)
})

test('a line that arrives at a core serves both threads before it moves on', () => {
  const place = new Place()
  const word = place.line('word')
  const order: number[] = []
  const actor = function* (cpu: Cpu) {
    yield* cpu.add(word, 1)
    order.push(cpu.id)
  }
  // CPU 3 is the other thread of CPU 1, and asks after CPU 2, which is on the core of CPU 0.
  const { endsNs } = playOn(place, [actor, actor, actor, actor], THREADS, [0, 1, 2, 3])
  assert.deepEqual(order, [0, 2, 1, 3])
  assert.deepEqual(endsNs, [105, 160, 118, 173])
})

test('CPUs of a run fill one socket after the other, or are spread over all', () => {
  const place = new Place()
  const word = place.line('word')
  const actor = function* (cpu: Cpu) {
    yield* cpu.add(word, 1)
  }
  const values = { cpus: 8, sockets: 2, c2c_remote_ns: 300 }
  const second = (placement: 'fill' | 'spread') =>
    playOn(place, [actor, actor], values, [0, 500], () => {}, placement).endsNs[1]
  assert.deepEqual([second('fill'), second('spread')], [555, 805])
})

test('spread CPUs take the sockets in turn, and second threads last', () => {
  const values = { cpus: 8, sockets: 2, threads_per_core: 2 }
  const { machine } = playOn(
    new Place(),
    new Array(8).fill(function* () {}),
    values,
    [],
    () => {},
    'spread',
  )
  assert.deepEqual([...machine.cores.coreOf], [0, 2, 1, 3, 4, 6, 5, 7])
})
