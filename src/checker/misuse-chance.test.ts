// The checker refuses a user's program that differs from run to run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { type Exploration, explore } from './index.ts'
import { type Act, adds, oracle, refused, setup, type Two, twice } from './misuse.contract.ts'

test('random numbers and clocks are refused by name', () => {
  const calls: Readonly<Record<string, () => unknown>> = {
    'Math.random()': () => Math.random(),
    'Date.now()': () => Date.now(),
    'new Date()': () => new Date(),
    'performance.now()': () => performance.now(),
    'crypto.randomUUID()': () => crypto.randomUUID(),
    'process.hrtime()': () => process.hrtime(),
    'setTimeout()': () => setTimeout(() => {}, 0),
  }
  for (const [name, call] of Object.entries(calls)) {
    const act: Act = function* (cpu, { x }) {
      call()
      yield* cpu.add(x, 1)
    }
    refused(new RegExp(`actor 'left' calls ${name.replace(/[().]/g, '\\$&')}, whose result differs`), twice(act))
  }
  refused(/setup calls Math.random\(\)/, {
    ...Object(twice(adds)),
    setup: (place: Place) => ({ ...setup(place), seed: Math.random() }),
  })
  refused(/the oracle calls Date.now\(\)/, { ...Object(twice(adds)), oracle: () => (Date.now() > 0 ? undefined : 'x') })
})

test('a refused call stays refused if the actor catches the error', () => {
  const act: Act = function* (cpu, { x }) {
    try {
      Math.random()
    } catch {}
    yield* cpu.add(x, 1)
  }
  refused(/calls Math.random\(\)/, twice(act))
})

test('clocks and random numbers work again after an exploration, also after a refused one', () => {
  const before = [Math.random, Date, Date.now, performance.now, setTimeout]
  explore({ setup, actors: { left: adds }, oracle })
  refused(
    /no steps|instead of steps/,
    twice(() => {}),
  )
  assert.deepEqual([Math.random, Date, Date.now, performance.now, setTimeout], before)
})

const { random } = Math
test('a random number drawn before the exploration is detected by the second run', () => {
  const act: Act = function* (cpu, { x, y }) {
    for (let turn = 0; turn < 8; turn += 1) yield* cpu.add(random() < 0.5 ? x : y, 1)
  }
  refused(/run twice|run again/, twice(act))
})

/** Programs that share a variable outside the memory, in some common ways. */
const SHARING: Readonly<Record<string, () => Exploration<Two>>> = {
  'a flag instead of a lock': () => {
    let isHeld = false
    const act: Act = function* (cpu, { x }) {
      while (isHeld) yield* cpu.pause()
      isHeld = true
      const inside = yield* cpu.add(x, 1)
      if (inside !== 0) cpu.violation(0, inside)
      yield* cpu.sub(x, 1)
      isHeld = false
    }
    return { setup, actors: { left: act, right: act } }
  },
  'a counter that the property is asked of': () => {
    let inside = 0
    const act: Act = function* (cpu, { x }) {
      inside += 1
      if (inside > 1) cpu.violation(0, inside)
      yield* cpu.add(x, 1)
      inside -= 1
    }
    return { setup, actors: { left: act, right: act } }
  },
  'tickets from a counter': () => {
    let next = 0
    const act: Act = function* (cpu, { x }) {
      const ticket = next++
      yield* cpu.store(x, ticket)
    }
    return { setup, actors: { left: act, right: act }, oracle }
  },
  'a queue in an array': () => {
    const queue: number[] = []
    return {
      setup,
      actors: {
        *producer(cpu, { x }) {
          queue.push(1)
          yield* cpu.add(x, 1)
        },
        *consumer(cpu, { x, y }) {
          yield* cpu.untilEqual(x, 1)
          const got = queue.shift()
          if (got === undefined) cpu.violation(0, 1)
          yield* cpu.add(y, got ?? 0)
        },
      },
    }
  },
  'which actor came last, for the oracle': () => {
    let last = ''
    const act = (name: string): Act =>
      function* (cpu, { x }) {
        yield* cpu.add(x, 1)
        last = name
        yield* cpu.add(x, 1)
      }
    return {
      setup,
      actors: { left: act('left'), right: act('right') },
      oracle: () => (last === 'left' ? 'left was last' : undefined),
    }
  },
  'a list that the oracle counts': () => {
    const log: number[] = []
    const act: Act = function* (cpu, { x }) {
      yield* cpu.add(x, 1)
      log.push(cpu.id)
    }
    return {
      setup,
      actors: { left: act, right: act },
      oracle: () => (log.length % 5 === 4 ? `${log.length} are logged` : undefined),
    }
  },
  'a field of a class': () => {
    const shared = new (class {
      owner = -1
    })()
    const act: Act = function* (cpu, { x }) {
      yield* cpu.add(x, 1)
      const before = shared.owner
      shared.owner = cpu.id
      yield* cpu.store(x, before)
      shared.owner = -1
    }
    return { setup, actors: { left: act, right: act }, oracle }
  },
  'every other run': () => {
    let runs = 0
    const act: Act = function* (cpu, { x, y }) {
      runs += 1
      yield* cpu.add(runs % 2 === 0 ? x : y, 1)
    }
    return { setup, actors: { left: act, right: act }, oracle }
  },
  'a generator that is made once': () => {
    let steps: Steps<void> | undefined
    const act: Act = (cpu, words) => {
      steps ??= adds(cpu, words)
      return steps
    }
    return { setup, actors: { left: act, right: act }, oracle }
  },
}

for (const [name, exploration] of Object.entries(SHARING)) {
  test(`what actors share outside of the memory is found: ${name}`, () =>
    refused(/run twice|run again|made|no step/, exploration()))
}

test('a setup that is not the same each time is refused', () => {
  const actors = { left: adds }
  let calls = 0
  const counted = (place: Place) => {
    calls += 1
    return { ...setup(place), calls }
  }
  refused(/setup differs from call to call: what setup returns.calls is \d+, and then \d+/, {
    setup: counted,
    actors,
    oracle,
  })
  const longer = (place: Place) => {
    calls += 1
    for (let word = 0; word < calls % 3; word += 1) place.line(`more${word}`)
    return setup(place)
  }
  refused(/setup places '.*' in one call and not in another/, { setup: longer, actors, oracle })
  const kept = { x: 0, y: 0 }
  const same = (place: Place) => Object.assign(kept, setup(place))
  refused(/setup returns the same object each time/, { setup: same, actors, oracle })
  const initialise = (words: Int32Array, { x }: Two) => {
    calls += 1
    words[x] = calls
  }
  refused(/initialise leaves \d+ in x, and \d+ when it is called again/, { setup, actors, oracle, initialise })
  refused(/setup returns a promise/, { setup: async (place: Place) => setup(place), actors, oracle })
})
