// What a program of one's own can get wrong, and what the checker says to it: never PASS.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { allEnd, type Exploration, explore, Refused } from './index.ts'

type Two = { readonly x: Word; readonly y: Word }
type Act = (cpu: Cpu, words: Two) => Steps<unknown>

const setup = (place: Place): Two => ({ x: place.line('x'), y: place.line('y') })
const oracle = ({ subject, valueIn }: { subject: Two; valueIn: (word: Word) => number }) =>
  valueIn(subject.x) > 100 ? 'too many' : undefined

/** What somebody writes who is not held by our types. */
const loose = (value: unknown) => value as never

function refused(why: RegExp, exploration: unknown): void {
  assert.throws(
    () => explore(loose(exploration)),
    (error) => {
      assert.ok(error instanceof Refused, String(error))
      assert.match(error.message, why)
      return true
    },
  )
}

function* adds(cpu: Cpu, { x }: Two): Steps<void> {
  yield* cpu.add(x, 1)
}

const twice = (act: unknown): unknown => ({ setup, actors: { left: act, right: act }, oracle })

test('chance and clocks are refused by name', () => {
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
    refused(new RegExp(`actor 'left' calls ${name.replace(/[().]/g, '\\$&')}, which answers otherwise`), twice(act))
  }
  refused(/setup calls Math.random\(\)/, {
    ...Object(twice(adds)),
    setup: (place: Place) => ({ ...setup(place), seed: Math.random() }),
  })
  refused(/the oracle calls Date.now\(\)/, { ...Object(twice(adds)), oracle: () => (Date.now() > 0 ? undefined : 'x') })
})

test('what is refused stays refused if the actor catches it', () => {
  const act: Act = function* (cpu, { x }) {
    try {
      Math.random()
    } catch {}
    yield* cpu.add(x, 1)
  }
  refused(/calls Math.random\(\)/, twice(act))
})

test('clocks and chance are as they were after an exploration, also after one that was refused', () => {
  const before = [Math.random, Date, Date.now, performance.now, setTimeout]
  explore({ setup, actors: { left: adds }, oracle })
  refused(
    /no steps|instead of steps/,
    twice(() => {}),
  )
  assert.deepEqual([Math.random, Date, Date.now, performance.now, setTimeout], before)
})

const { random } = Math
test('chance that was taken before the exploration began is found by the second run', () => {
  const act: Act = function* (cpu, { x, y }) {
    for (let turn = 0; turn < 8; turn += 1) yield* cpu.add(random() < 0.5 ? x : y, 1)
  }
  refused(/run twice|run again/, twice(act))
})

/** Programs that share a variable besides the memory, in some usual ways. */
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
  'who came last, for the oracle': () => {
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

const WITHOUT_YIELD_STAR: Readonly<Record<string, unknown>> = {
  'yields steps that were not taken, which is no step': function* (cpu: Cpu, { x }: Two) {
    yield loose(cpu.add(x, 1))
  },
  'yields 3, which is no step': function* () {
    yield loose(3)
  },
  'made load x and never took it': function* (cpu: Cpu, { x, y }: Two) {
    if (loose(cpu.load(x)) === 0) yield* cpu.store(y, 1)
    yield* cpu.add(y, 1)
  },
  'made add x and never took it': function* (cpu: Cpu, { x, y }: Two) {
    cpu.add(x, 1)
    yield* cpu.add(y, 1)
  },
  'made barrier and never took it': function* (cpu: Cpu, { x }: Two) {
    cpu.barrier(2)
    yield* cpu.add(x, 1)
  },
  'made 64 steps and took none of them, load x first': function* (cpu: Cpu, { x }: Two) {
    while (loose(cpu.load(x)) !== 0) cpu.pause()
  },
}

for (const [why, act] of Object.entries(WITHOUT_YIELD_STAR)) {
  test(`a step without yield* is told: ${why}`, () =>
    refused(new RegExp(`actor 'left' ${why}.*Write \`yield\\*\``), { setup, actors: { left: act }, oracle }))
}

test('a step that is made first and taken later is none that was forgotten', () => {
  function* within(cpu: Cpu, { y }: Two, steps: Steps<number>): Steps<number> {
    yield* cpu.add(y, 1)
    return yield* steps
  }
  const act: Act = (cpu, words) => within(cpu, words, cpu.add(words.x, 1))
  assert.equal(explore({ setup, actors: { left: act, right: act }, oracle }).verdict, 'PASS')
})

const WORDS: Readonly<Record<string, readonly [why: RegExp, word: (words: Two) => unknown]>> = {
  'past the end': [/asks for load of word 4096. The words are those that `setup` placed: x, y/, () => 4096],
  'below 0': [/load of word -1/, () => -1],
  'between two words': [/load of word 5/, ({ x }) => x + 5],
  undefined: [/load of undefined instead of a word/, () => undefined],
  'no number': [/load of x instead of a word/, () => 'x'],
}

for (const [what, [why, word]] of Object.entries(WORDS)) {
  test(`a word that is ${what} is refused`, () => {
    const act: Act = function* (cpu, words) {
      yield* cpu.load(loose(word(words)))
    }
    refused(why, { setup, actors: { left: act }, oracle })
    const looks: Act = function* (cpu, words) {
      cpu.peek(loose(word(words)))
      yield* cpu.add(words.x, 1)
    }
    refused(/actor 'left' asks for peek of/, { setup, actors: { left: looks }, oracle })
    const asks = ({ subject, valueIn }: { subject: Two; valueIn: (word: Word) => number }) =>
      valueIn(loose(word(subject))) === 7 ? 'seven' : undefined
    refused(/the oracle asks for the value of/, { setup, actors: { left: adds }, oracle: asks })
    const initialise = (words: Int32Array, subject: Two) => {
      words[loose(word(subject))] = 1
    }
    refused(/initialise asks for a value of/, { setup, actors: { left: adds }, oracle, initialise })
  })
}

test('a word that is placed by an actor is refused with its name', () => {
  const keeps = (place: Place) => ({ ...setup(place), place })
  function* late(cpu: Cpu, { place }: ReturnType<typeof keeps>): Steps<void> {
    yield* cpu.add(place.within('lock').line('late'), 1)
  }
  refused(/'lock.late' is placed after setup has returned/, { setup: keeps, actors: { late }, oracle })
})

for (const value of [undefined, 1.5, Number.NaN, 2 ** 40, '1', true]) {
  test(`${String(value)} is no value for a word`, () => {
    const act: Act = function* (cpu, { x }) {
      yield* cpu.store(x, loose(value))
    }
    refused(/asks for store of x with .*A word holds 32 bits/, { setup, actors: { left: act }, oracle })
  })
}

const OPTIONS: readonly (readonly [why: RegExp, changes: object])[] = [
  [/bound.memory is 'SC'. It is one of: sc, tso, relaxed. Did you mean 'sc'\?/, { bound: { memory: 'SC' } }],
  [/bound has no 'memroy'. Did you mean 'memory'\?/, { bound: { memroy: 'tso' } }],
  [/bound.states is -1. It is a whole number from 1 to/, { bound: { states: -1 } }],
  [/bound.depth is 0/, { bound: { depth: 0 } }],
  [/bound.depth is 1.5/, { bound: { depth: 1.5 } }],
  [/bound.states is '10'/, { bound: { states: '10' } }],
  [/bound.states is NaN/, { bound: { states: Number.NaN } }],
  [/bound.states is undefined/, { bound: { states: undefined } }],
  [/bound.seconds is Infinity/, { bound: { seconds: Infinity } }],
  [/bound.preemptions is -2/, { bound: { preemptions: -2 } }],
  [/bound.patience is -1/, { bound: { patience: -1 } }],
  [/bound.seed is -1/, { bound: { seed: -1 } }],
  [/bound.mode is 'dfs'/, { bound: { mode: 'dfs' } }],
  [/bound is 7/, { bound: 7 }],
  [/the exploration has no 'orcale'. Did you mean 'oracle'\?/, { orcale: oracle }],
  [/the exploration has no 'memory'/, { memory: 'tso' }],
  [/oracle is string/, { oracle: 'x' }],
  [/setup is undefined/, { setup: undefined }],
  [/there are no actors/, { actors: {} }],
  [/there are no actors/, { actors: undefined }],
  [/actor 'left' is object/, { actors: { left: {} } }],
  [
    /there are 33 actors. At most 31/,
    { actors: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`a${n}`, adds])) },
  ],
  [/the oracle returns true. It returns a sentence/, { oracle: () => true }],
]

for (const [why, changes] of OPTIONS) {
  test(`${why.source} is said`, () => refused(why, { setup, actors: { left: adds }, oracle, ...changes }))
}

test('as many actors as there may be are explored', () => {
  const setUp = (place: Place) => Array.from({ length: 31 }, (_, n) => place.line(`own${n}`))
  const actors = Object.fromEntries(
    setUp.length ? Array.from({ length: 31 }, (_, n) => [`a${n}`, (cpu: Cpu, own: Word[]) => cpu.add(own[n]!, 1)]) : [],
  )
  const { verdict, counts } = explore({
    setup: setUp,
    actors,
    oracle: ({ subject, valueIn }) => (valueIn(subject[30]!) === 1 ? undefined : 'lost'),
  })
  assert.deepEqual([verdict, counts.executions], ['PASS', 1])
})

test('an exploration in which nothing is asserted says so, and does not pass', () => {
  const { verdict, because } = explore({ setup, actors: { left: adds, right: adds } })
  assert.equal(verdict, 'UNKNOWN')
  assert.match(because!, /^nothing was asserted: there is no oracle, and no actor reports a violation/)
  assert.equal(explore({ setup, actors: { left: adds }, oracle: allEnd }).verdict, 'PASS')
})

test('an actor that would report what it never finds has asserted something', () => {
  const reports: Act = function* (cpu, { x, y }) {
    yield* cpu.add(y, 1)
    const found = yield* cpu.load(x)
    if (found === 1) cpu.violation(0, 1)
  }
  const fails: Act = function* (cpu, { x }) {
    const found = yield* cpu.load(x)
    if (found !== 0) throw new Error('x must be 0')
  }
  for (const act of [reports, fails])
    assert.equal(explore({ setup, actors: { left: act, right: act } }).verdict, 'PASS')
})

test('whatever is no generator function is no actor', () => {
  refused(/actor 'left' returns undefined instead of steps, and made add x without taking it/, {
    setup,
    actors: { left: (cpu: Cpu, { x }: Two) => void cpu.add(x, 1) },
    oracle,
  })
  refused(/actor 'left' returns a promise instead of steps/, { setup, actors: { left: async () => {} }, oracle })
  refused(/returns the steps of an async function/, { setup, actors: { left: async function* () {} }, oracle })
  refused(/returns 5 instead of steps/, { setup, actors: { left: () => 5 }, oracle })
})

const direct = await import(new URL('../direct/shared-memory/index.js', import.meta.url).href)

test('a lock for threads takes no steps, and is refused', () => {
  const locks = (place: Place) => ({ lock: new direct.TatasLock(place.within('lock')) })
  function* visit(cpu: Cpu, { lock }: { lock: { acquire(cpu: Cpu): Steps<void> } }): Steps<void> {
    yield* lock.acquire(cpu)
  }
  refused(/made 64 steps and took none of them.*faultline\/shared-memory\/stepped/, {
    setup: locks,
    actors: { visit },
    oracle: allEnd,
  })
})

test('a step that never ends is ended', () => {
  const hangs: Act = function* (cpu, { x }) {
    yield* cpu.add(x, 1)
    for (;;);
  }
  refused(/actor 'left' ran for over a second without taking a step/, twice(hangs))
})

test('a loop that pauses and looks at nothing is refused', () => {
  const pauses: Act = function* (cpu) {
    for (;;) yield* cpu.pause()
  }
  refused(/actor 'left' pauses 10000 times and takes no step between/, twice(pauses))
})

test('a spin without a pause is unknown, and the reason is told', () => {
  const spins: Act = function* (cpu, { x }) {
    for (;;) {
      const found = yield* cpu.load(x)
      if (found !== 0) return
    }
  }
  const bound = { depth: 500 }
  const { verdict, because } = explore({ setup, actors: { spins, adds }, oracle: allEnd, bound })
  assert.equal(verdict, 'UNKNOWN')
  assert.match(because!, /longer than bound.depth, 500 steps: spins finds 0 in x \d+ times in a row.*cpu.pause\(\)/)
})

test('why a verdict is not known is told for each bound', () => {
  const long: Act = function* (cpu, { x }) {
    for (let turn = 0; turn < 40; turn += 1) yield* cpu.xchg(x, turn)
  }
  const actors = { a: long, b: long }
  const why = (bound: object) => explore({ setup, actors, oracle, bound: { preemptions: -1, ...bound } }).because
  assert.equal(why({ states: 10 }), 'there are more states than bound.states, 10')
  assert.equal(why({ depth: 10 }), 'an execution was longer than bound.depth, 10 steps')
  assert.match(why({ mode: 'random', seconds: 0.05 })!, /\d+ executions by chance .* prove nothing/)
})
