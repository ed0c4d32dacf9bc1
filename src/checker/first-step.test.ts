// What actors find, and how they fail, before the first step of any of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Exploration, explore } from './index.ts'
import { type Act, adds, oracle, setup, type Two } from './misuse.contract.ts'

const CASES: Readonly<Record<string, readonly [finding: RegExp, act: Act]>> = {
  'a violation is found': [
    /^violation: an actor found/,
    function* (cpu, { x }) {
      if (cpu.peek(x) === 0) cpu.violation(0, 7)
      yield* cpu.add(x, 1)
    },
  ],
  'a violation of an actor that takes no step is found': [
    /^violation: an actor found/,
    function* (cpu) {
      cpu.violation(0, 7)
    },
  ],
  'what an actor throws is said, and is no deadlock': [
    /^threw: the actor failed: early/,
    function* () {
      throw new Error('early')
    },
  ],
  'a stack that overflows is said': [
    /^threw: the actor failed: Maximum call stack/,
    function* () {
      const deeper = (): number => deeper() + 1
      deeper()
    },
  ],
}

const MODES = [{}, { memory: 'tso' }, { memory: 'relaxed' }, { mode: 'random' }, { mode: 'pct' }] as const

const sayOf = (exploration: Exploration<Two>) => {
  const { verdict, findings, schedule } = explore(exploration)
  return [verdict, findings.map(({ name, says }) => `${name}: ${says}`).join('; '), schedule] as const
}

for (const [what, [finding, act]] of Object.entries(CASES)) {
  test(`before the first step, ${what}, alone and beside others, in every mode`, () => {
    for (const bound of MODES) {
      for (const actors of [{ first: act }, { first: act, other: adds }, { other: adds, last: act }]) {
        const [verdict, says, schedule] = sayOf({ setup, actors, oracle, bound })
        assert.deepEqual([verdict, schedule], ['FAIL', null])
        assert.match(says, finding)
      }
    }
  })
}

test('a program in which no actor can take a first step is a deadlock', () => {
  const waits: Act = (cpu, { x }) => cpu.untilEqual(x, 1)
  for (const bound of MODES)
    assert.deepEqual(sayOf({ setup, actors: { waits }, oracle, bound }).slice(0, 2), [
      'FAIL',
      'deadlock: no actor could take a step any more, and not all had ended',
    ])
})

test('what an oracle finds where no actor takes a step is found', () => {
  const ends: Act = function* () {}
  const finds = ({ subject, valueIn }: { subject: Two; valueIn: (word: Two['x']) => number }) =>
    valueIn(subject.x) === 0 ? 'still 0' : undefined
  for (const bound of MODES)
    assert.deepEqual(sayOf({ setup, actors: { ends }, oracle: finds, bound }).slice(0, 2), ['FAIL', 'oracle: still 0'])
})
