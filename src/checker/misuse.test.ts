// Mistakes in a user's program, for which the checker never says PASS.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cpu, Word } from '../shared-memory/cpu.ts'
import type { Place } from '../shared-memory/place.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { allEnd, explore } from './index.ts'
import { type Act, adds, loose, oracle, refused, setup, type Two } from './misuse.contract.ts'

const WITHOUT_YIELD_STAR: Readonly<Record<string, unknown>> = {
  'yields steps that were not taken, which is not a step': function* (cpu: Cpu, { x }: Two) {
    yield loose(cpu.add(x, 1))
  },
  'yields 3, which is not a step': function* () {
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
  test(`a step without yield* is reported: ${why}`, () =>
    refused(new RegExp(`actor 'left' ${why}.*Write \`yield\\*\``), { setup, actors: { left: act }, oracle }))
}

test('a step that is created first and taken later is accepted', () => {
  function* within(cpu: Cpu, { y }: Two, steps: Steps<number>): Steps<number> {
    yield* cpu.add(y, 1)
    return yield* steps
  }
  const act: Act = (cpu, words) => within(cpu, words, cpu.add(words.x, 1))
  assert.equal(explore({ setup, actors: { left: act, right: act }, oracle }).verdict, 'PASS')
})

test('a step that is taken twice is reported', () => {
  const act: Act = function* (cpu, { x }) {
    const step = cpu.add(x, 1)
    yield* step
    yield* step
  }
  refused(/actor 'left' takes the same step twice/, { setup, actors: { left: act }, oracle })
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

test('the largest number of actors is explored', () => {
  const setUp = (place: Place) => Array.from({ length: 31 }, (_, n) => place.line(`own${n}`))
  const actors = Object.fromEntries(
    Array.from({ length: 31 }, (_, n) => [`a${n}`, (cpu: Cpu, own: Word[]) => cpu.add(own[n]!, 1)]),
  )
  const { verdict, counts } = explore({
    setup: setUp,
    actors,
    oracle: ({ subject, valueIn }) => (valueIn(subject[30]!) === 1 ? undefined : 'lost'),
  })
  assert.deepEqual([verdict, counts.executions], ['PASS', 1])
})

test('anything but a generator function is refused as an actor', () => {
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

test('what an actor returned has its name for the oracle, and a name that no actor has is refused', () => {
  const actors = {
    *left() {},
    *right(cpu: Cpu, { x }: Two) {
      return yield* cpu.load(x)
    },
  } as Record<string, Act>
  for (const objects of [
    ({ results }) => (results.right === 0 ? 'it read 0' : undefined),
    ({ results }) => (results[1] === 0 && JSON.stringify(results).length > 0 ? 'it read 0' : undefined),
  ] as NonNullable<Parameters<typeof explore<Two>>[0]['oracle']>[])
    assert.deepEqual(explore({ setup, actors, oracle: objects }).verdict, 'FAIL')
  refused(/the oracle reads results\.rigth.*There are: left, right/, {
    setup,
    actors,
    oracle: ({ results }: { results: Record<string, unknown> }) => (results.rigth === 0 ? 'it read 0' : undefined),
  })
  refused(/there is nothing to explore/, undefined as never)
})
