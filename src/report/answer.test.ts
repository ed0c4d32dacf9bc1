import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf } from '../bench/answers/answer.ts'
import { modelErrorOf } from '../bench/answers/model-error.ts'
import type { Metric, Run } from '../bench/result.ts'
import aging from '../bench/scenarios/aging.ts'
import dirtyLog from '../bench/scenarios/dirty-log.ts'
import icache from '../bench/scenarios/icache.ts'
import instruments from '../bench/scenarios/instruments.ts'
import mixed from '../bench/scenarios/mixed.ts'
import nxRecovery from '../bench/scenarios/nx-recovery.ts'
import precheck from '../bench/scenarios/precheck.ts'
import primitives from '../bench/scenarios/primitives.ts'
import { answerText, ranking } from './answer.ts'
import { askedOf } from './groups.ts'

type Values = Readonly<Record<string, readonly number[]>>

function run(variant: string, values: Values, noise?: Run['noise']): Run {
  const length = Math.max(...Object.values(values).map((each) => each.length))
  const trials = Array.from({ length }, (_, index) => ({
    ...{ index, mode: 'throughput' as const, seed: 1, durationNs: 1 },
    metrics: Object.fromEntries(Object.entries(values).map(([name, each]) => [name, each[index]!])),
  }))
  const metrics = Object.fromEntries(Object.entries(values).map(([name, each]) => [name, metricOf(each)]))
  return {
    kind: 'measured',
    variant,
    params: {},
    trials,
    metrics,
    histograms: {},
    ...(noise === undefined ? {} : { noise }),
  } as unknown as Run
}

/** As a scenario's answer reads, with the other deciding figures alike unless a test says otherwise. */
const answer = (before: Run, after: Run) => answerText(answerOf(precheck, before, after))
const ALIKE = {
  flushes_per_unmap: [1, 1, 1, 1, 1],
  retries_under_lock_per_fault: [1, 1, 1, 1, 1],
  faults_per_second: [100, 101, 102, 101, 100],
  fault_latency_p50_ns: [10, 10, 10, 10, 10],
} as const

function metricOf(values: readonly number[]): Metric {
  const sorted = values.toSorted((a, b) => a - b)
  const ci95 = [sorted[0]!, sorted.at(-1)!] as const
  const median = sorted[Math.floor(sorted.length / 2)]!
  return { unit: '1', better: 'lower', assume: null, n: values.length, median, ci95 }
}

const FLUSHES = [2000, 2100, 1900, 2050, 1950]

test('the first figure that the scenario declares decides, in the direction that it claims', () => {
  const before = run('no-precheck', { ...ALIKE, flushes_per_unmap: FLUSHES })
  const spared = run('precheck', ALIKE)
  assert.match(answer(before, spared), /^Yes: precheck against no-precheck: 1.00 remote TLB flushes per unmap/)
  assert.match(answer(spared, before), /^No: no-precheck against precheck: 2.00k remote TLB flushes/)
})

test('a part of a whole is said in percent', () => {
  const rest = { guest_accesses_per_second: [9, 9, 9, 9, 9], nx_refault_latency_p50_ns: [10, 10, 10, 10, 10] }
  const before = run('everything', { ...rest, mmu_lock_contended_share: [0.36, 0.35, 0.37, 0.36, 0.35] })
  const after = run('without-notifiers', { ...rest, mmu_lock_contended_share: [0.031, 0.03, 0.032, 0.031, 0.03] })
  assert.match(answerText(answerOf(mixed, before, after)), /3\.10 % contention of mmu_lock instead of 36\.0 %/)
})

test('the answer names the cost of an improvement', () => {
  const before = run('no-precheck', { ...ALIKE, flushes_per_unmap: FLUSHES })
  const slower = run('precheck', { ...ALIKE, fault_latency_p50_ns: [20, 21, 20, 20, 20] })
  assert.match(answer(before, slower), /^Yes: .*, at the price of 20.0 ns median fault latency instead of 10.0 ns/)
})

test('a resolved side effect does not answer the question', () => {
  const before = run('no-precheck', { ...ALIKE, flushes_per_unmap: FLUSHES })
  const after = run('precheck', {
    ...ALIKE,
    flushes_per_unmap: [1500, 2500, 1800, 2600, 1700],
    retries_under_lock_per_fault: [0.5, 0.5, 0.5, 0.5, 0.5],
  })
  assert.match(answer(before, after), /^Not resolved: .* 0.5 retries under mmu_lock.* Try more --trials/)
})

test('what is not resolved says how large a change would have shown', () => {
  const before = run('no-precheck', { ...ALIKE, flushes_per_unmap: FLUSHES })
  const after = run('precheck', { ...ALIKE, flushes_per_unmap: [1500, 2500, 1800, 2600, 1700] })
  const [, shown] = /A change of ([\d.]+) % would have shown\. Try more --trials/.exec(answer(before, after))!
  assert.ok(Number(shown) > 5 && Number(shown) < 200)
  const [finding] = answerOf(precheck, before, after).findings
  const moved = [1500, 2500, 1800, 2600, 1700].map((value) => value * (1 + finding!.wouldShow!) * 1.01)
  assert.match(answer(before, run('precheck', { ...ALIKE, flushes_per_unmap: moved })), /^No: /)
})

test('where too few trials could show no change, no size is claimed', () => {
  const before = run('no-precheck', { ...ALIKE, flushes_per_unmap: [2000, 2100] })
  const after = run('precheck', { ...ALIKE, flushes_per_unmap: [2010, 2080] })
  assert.match(answer(before, after), /^Not resolved: .*: only 2 trials measured it/)
  assert.doesNotMatch(answer(before, after), /would have shown/)
})

test('a difference within the noise of the baseline is not resolved', () => {
  const noise = { flushes_per_unmap: { ratio: 1, ci95: [0.5, 2] as const, n: 5 } }
  const before = run('no-precheck', { ...ALIKE, flushes_per_unmap: FLUSHES }, noise)
  const after = run('precheck', { ...ALIKE, flushes_per_unmap: FLUSHES.map((value) => value * 0.8) })
  assert.match(
    answer(before, after),
    /^Not resolved: .* not resolved \(0.8x.*: no larger than the baseline's A\/A noise/,
  )
})

test('equal medians are no answer: a difference must be shown to be small', () => {
  const before = run('a', { ...ALIKE, flushes_per_unmap: [100, 200, 150, 50, 150] })
  const after = run('b', { ...ALIKE, flushes_per_unmap: [150, 50, 150, 200, 100] })
  assert.match(answer(before, after), /^Not resolved: /)
  const close = run('b', { ...ALIKE, flushes_per_unmap: [2010, 2090, 1905, 2040, 1960] })
  assert.match(answer(run('a', { ...ALIKE, flushes_per_unmap: FLUSHES }), close), /^No: .* the same \(.*within 5 %\)/)
})

test('a figure that is 0 on both sides is no difference, and one that is 0 on one side is', () => {
  const none = run('a', { ...ALIKE, flushes_per_unmap: [0, 0, 0, 0, 0] })
  const some = run('b', { ...ALIKE, flushes_per_unmap: [3, 3, 4, 3, 3] })
  assert.match(answer(none, none), /^No: .* 0 in both/)
  assert.match(answer(none, some), /^No: b against a: 3.00 remote TLB flushes per unmap instead of 0/)
})

test('too few trials decide nothing', () => {
  const before = run('a', { ...ALIKE, flushes_per_unmap: [10, 10] })
  assert.match(answer(before, run('b', { ...ALIKE, flushes_per_unmap: [1, 1] })), /^Not resolved/)
})

test('where a deciding figure is missing there is no answer, and the reason is said', () => {
  const { flushes_per_unmap: _, ...without } = ALIKE
  assert.match(
    answer(run('a', without), run('b', ALIKE)),
    /^No answer: b against a: a recorded nothing for 'remote TLB flushes per unmap'\. The other side has it/,
  )
})

test('a variant that records none of what the other has in every trial may never do it, and no duration is advised', () => {
  const { flushes_per_unmap: _, ...without } = ALIKE
  assert.match(
    answer(run('a', ALIKE), run('b', without)),
    /^No answer: .* under the same load: b may never do this, and then no duration shows it\.$/,
  )
  assert.match(answer(run('a', without), run('b', without)), /Try a longer --duration/)
})

test('where the question asks whether something gets worse, Yes says that it does', () => {
  const [fast, slow] = [run('unwatched', ALIKE), run('all', { ...ALIKE, faults_per_second: [50, 51, 52, 51, 50] })]
  assert.match(answerText(answerOf(instruments, fast, slow)), /^Yes: all against unwatched: 51\.0 faults\/s/)
  assert.match(answerText(answerOf(instruments, slow, fast)), /^No: /)
})

test('where nothing was served there is no answer', () => {
  const idle = { ...ALIKE, faults_per_second: [0, 0, 0, 0, 0] }
  assert.match(answer(run('a', idle), run('b', idle)), /^No answer: .*no faults were completed on either side/)
})

test('a percentile of too few samples is no figure, and the answer says how many it needs', () => {
  const { fault_latency_p50_ns: _, ...without } = ALIKE
  const few = { ...run('a', without), histograms: { nx_fault_latency_ns: { count: 345 } } } as unknown as Run
  assert.match(
    answerText(answerOf(nxRecovery, few, few)),
    /a has 345 samples for 'p99 of faults on other gfns during recovery', which needs 1,000/,
  )
})

const onModel = (variant: string, values: Values, draws: readonly Readonly<Record<string, number>>[] = []): Run =>
  ({ ...run(variant, values), kind: 'modelled', machine: 'altra-64', model: { draws } }) as unknown as Run
const ONE = {
  flushes_per_unmap: [10],
  retries_under_lock_per_fault: [1],
  faults_per_second: [100],
  fault_latency_p50_ns: [10],
}

test('a modelled difference within the error of the profile is not resolved', () => {
  const error = modelErrorOf('altra-64')
  const near = onModel('b', { ...ONE, flushes_per_unmap: [10 * (1 - error * 0.9)] })
  assert.match(
    answerText(answerOf(precheck, onModel('a', ONE), near)),
    /^Not resolved: .* less than the error of this profile/,
  )
  const far = onModel('b', { ...ONE, flushes_per_unmap: [10 * (1 - error * 1.5)] })
  assert.match(answerText(answerOf(precheck, onModel('a', ONE), far)), /^Yes: /)
})

test('a modelled difference whose sign changes in the draws is not resolved', () => {
  const draw = (flushes: number) => [{ flushes_per_unmap: flushes }]
  const before = onModel('a', ONE, draw(10))
  const after = onModel('b', { ...ONE, flushes_per_unmap: [2] }, draw(20))
  assert.match(
    answerText(answerOf(precheck, before, after)),
    /^Not resolved: .* the sign changes within the profile's own ranges/,
  )
})

test('primitives are ranked', () => {
  const runs = [run('ticket', { ns_per_operation: [30] }), run('qspinlock', { ns_per_operation: [20] })]
  assert.equal(ranking(primitives, runs), 'Best first, per operation: qspinlock 20.0, ticket 30.0.')
})

test('for a replay the advice is a longer recording, as its load cannot be chosen', () => {
  const few = { ...run('a', { faults_per_second: [1] }), recorded: { faults: 1 } } as unknown as Run
  assert.match(answer(few, few), /^No answer: .* Try more --trials, or a longer recording\.$/)
  assert.match(answer({ ...few, kind: 'modelled' }, few), / Try a longer recording\.$/)
})

test('without the tasks of a question the sentence names the flag that left them out', () => {
  const idle = {
    ...run('age-locked', { faults_per_second: [1, 1, 1] }),
    scenario: 'aging',
    params: { notifiers: 1, agers: 0 },
  }
  const text = answerText(answerOf(aging, idle, { ...idle, variant: 'age-lockless' }))
  assert.match(text, /^No answer: .* left out by --set agers=0: give at least 1\.$/)
})

test('without a notifier there is no answer, and the sentence says that a notifier is missing', () => {
  const idle = { ...run('no-precheck', { faults_per_second: [1, 1, 1, 1, 1] }), params: { notifiers: 0 } }
  assert.match(
    answer(idle, { ...idle, variant: 'precheck' }),
    /^No answer: .* Nothing invalidates with --notifiers 0: give at least 1\.$/,
  )
})

test('a scenario whose load has no notifiers by default does not ask for one', () => {
  const idle = { ...run('ranged', { guest_boots_per_second: [1, 1, 1, 1, 1] }), params: { notifiers: 0 } }
  const text = answerText(answerOf(icache, idle, { ...idle, variant: 'threshold' }))
  assert.match(text, /^No answer: .* Try a longer --duration/)
})

test('a No names what speaks for the candidate too', () => {
  const rest = { guest_accesses_per_second: [9, 9, 9, 9, 9] }
  const slow = { ...rest, flushes_per_log_stop: [16, 16, 16, 16, 16], dirty_log_stop_p50_ns: [9e5, 9e5, 9e5, 9e5, 9e5] }
  const fast = { ...rest, flushes_per_log_stop: [99, 99, 99, 99, 99], dirty_log_stop_p50_ns: [2e5, 2e5, 2e5, 2e5, 2e5] }
  assert.match(
    answerText(answerOf(dirtyLog, run('flush-each-table', slow), run('flush-each-leaf', fast))),
    /^No: .* 99\.0 remote TLB flushes .*; in its favour, 200 us median time to end logging instead of 900 us/,
  )
})

test('a plan that was cut short before the baseline had a trial has no answer, and compares nothing with another variant', () => {
  const cut = { interrupted: { trials: 5, of: 10 }, asked: ['unwatched', 'oracles', 'all'] }
  const [baseline, ...others] = askedOf(['oracles', 'all'].map((name) => ({ ...run(name, ALIKE), ...cut })))
  assert.deepEqual(
    others.map((other) => answerText(answerOf(instruments, baseline!, other))),
    ['oracles', 'all'].map(
      (name) =>
        `No answer: ${name} against unwatched: unwatched had no trial. The plan was cut short: allow it more time, or go on with --resume FILE.`,
    ),
  )
})
