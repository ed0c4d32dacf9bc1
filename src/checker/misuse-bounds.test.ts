// The checker never says PASS of a user's program that does not end, asserts nothing or is too large.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allEnd, type Exploration, explore } from './index.ts'
import { type Act, adds, oracle, refused, setup, type Two, twice } from './misuse.contract.ts'

test('an exploration in which nothing is asserted says so, and does not pass', () => {
  const { verdict, because } = explore({ setup, actors: { left: adds, right: adds } })
  assert.equal(verdict, 'UNKNOWN')
  assert.match(
    because!,
    /^nothing was asserted: no oracle reads a value or a result, and no actor ever reports a violation/,
  )
  assert.equal(explore({ setup, actors: { left: adds }, oracle: allEnd }).verdict, 'PASS')
})

test('an oracle that reads nothing asserts nothing; one that reads a value or a result does', () => {
  const verdictWith = (asks: NonNullable<Exploration<Two>['oracle']>) =>
    explore({ setup, actors: { left: adds, right: adds }, oracle: asks }).verdict
  assert.equal(
    verdictWith(() => undefined),
    'UNKNOWN',
  )
  assert.equal(
    verdictWith(({ subject }) => (subject === undefined ? 'there is no subject' : undefined)),
    'UNKNOWN',
  )
  assert.equal(
    verdictWith(({ results }) => (results.length === 2 ? undefined : 'an actor has no result')),
    'PASS',
  )
  assert.equal(verdictWith(oracle), 'PASS')
})

test('an actor that reports a violation under a condition asserts something, even if it never holds', () => {
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

test('a step that does not end is aborted', () => {
  const hangs: Act = function* (cpu, { x }) {
    yield* cpu.add(x, 1)
    for (;;);
  }
  refused(/actor 'left' ran for over a second without taking a step/, twice(hangs))
})

test('a loop that pauses and reads nothing is refused', () => {
  const pauses: Act = function* (cpu) {
    for (;;) yield* cpu.pause()
  }
  refused(/actor 'left' pauses 10000 times and takes no step between/, twice(pauses))
})

test('a spin without a pause gives UNKNOWN, with the reason', () => {
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

test('an UNKNOWN verdict names the bound that was reached', () => {
  const long: Act = function* (cpu, { x }) {
    for (let turn = 0; turn < 40; turn += 1) yield* cpu.xchg(x, turn)
  }
  const actors = { a: long, b: long }
  const why = (bound: object) => explore({ setup, actors, oracle, bound: { preemptions: -1, ...bound } }).because
  assert.equal(why({ states: 10 }), 'there are more states than bound.states, 10')
  assert.equal(why({ depth: 10 }), 'an execution was longer than bound.depth, 10 steps')
  assert.match(why({ mode: 'random', seconds: 0.05 })!, /\d+ random executions .* prove nothing/)
})
