import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FaultlineError } from '../errors/faultline-error.ts'
import { estimateMs, fitToBudget } from './budget.ts'
import { groupOf, type PlannedTrial, type PlanOptions, scheduleOf } from './plan.ts'
import dirtyLog from './scenarios/dirty-log.ts'
import elision from './scenarios/elision.ts'
import precheck from './scenarios/precheck.ts'
import primitives from './scenarios/primitives.ts'

const CREW = { vcpus: 1, notifiers: 1, zappers: 0 }
const OPTIONS: PlanOptions = {
  seed: 1,
  trials: 10,
  latencyTrials: 5,
  aaTrials: 5,
  durationMs: 400,
  warmupMs: 100,
  arrival: { kind: 'closed' },
  sampleEvery: 8,
  timelineEvents: 0,
  oracles: true,
  costs: {},
}
const GROUP = groupOf(precheck, ['no-precheck', 'precheck', 'trylock'], CREW, {}, null)

const refusal = (code: string) => (error: unknown) => error instanceof FaultlineError && error.code === code

function roundsOf() {
  const rounds = new Map<number, PlannedTrial[]>()
  for (const trial of scheduleOf(GROUP, OPTIONS).filter(({ purpose }) => purpose === 'measure')) {
    rounds.set(trial.round, [...(rounds.get(trial.round) ?? []), trial])
  }
  return rounds
}

test('the baseline runs against itself before anything else', () => {
  const schedule = scheduleOf(GROUP, OPTIONS)
  const first = schedule.slice(0, OPTIONS.aaTrials * 2)
  assert.ok(first.every(({ variant, purpose }) => variant === 0 && purpose !== 'measure'))
  assert.ok(schedule.slice(first.length).every(({ purpose }) => purpose === 'measure'))
})

test('every round has each variant once, under one load', () => {
  const rounds = roundsOf()
  assert.equal(rounds.size, OPTIONS.trials + OPTIONS.latencyTrials)
  for (const members of rounds.values()) {
    assert.deepEqual(members.map(({ variant }) => variant).sort(), [0, 1, 2])
    assert.equal(new Set(members.map(({ seed, mode }) => `${seed} ${mode}`)).size, 1)
  }
})

test('rounds for throughput share starts of workers, several of them, where the load is endless and trials are long', () => {
  const startsOf = (group = GROUP, more: Partial<PlanOptions> = {}) =>
    scheduleOf(group, { ...OPTIONS, ...more }).map(({ start }) => start)
  const kept = scheduleOf(GROUP, OPTIONS).filter(({ mode, purpose }) => mode === 'throughput' && purpose === 'measure')
  const seeds = new Map(kept.map(({ start, seed }) => [start, seed]))
  assert.equal(seeds.size, 3)
  assert.equal(new Set(seeds.values()).size, 3)
  for (const { start, seed } of kept) assert.equal(seed, seeds.get(start))
  const timed = scheduleOf(GROUP, OPTIONS).filter(({ mode }) => mode === 'latency')
  assert.ok(timed.every(({ start }) => start === undefined))
  const rounds = new Map(kept.map(({ round, start }) => [round, start]))
  for (const start of seeds.keys()) assert.ok([...rounds.values()].filter((of) => of === start).length <= 5)
  const crowd = groupOf(precheck, ['no-precheck', 'precheck'], { ...CREW, vcpus: 2 }, {}, null)
  for (const starts of [startsOf(crowd), startsOf(GROUP, { durationMs: 100 })])
    assert.deepEqual(new Set(starts), new Set([undefined]))
})

test('the order within rounds changes, and follows from the seed', () => {
  const order = (seed: number) =>
    scheduleOf(GROUP, { ...OPTIONS, seed })
      .map(({ variant }) => variant)
      .join('')
  assert.equal(order(1), order(1))
  assert.notEqual(order(1), order(2))
  const firsts = new Set(
    scheduleOf(GROUP, OPTIONS)
      .slice(10)
      .filter((_, index) => index % 3 === 0)
      .map(({ variant }) => variant),
  )
  assert.ok(firsts.size > 1, 'no variant always runs first')
})

test('trials for throughput and for latency are mixed', () => {
  const modes = scheduleOf(GROUP, OPTIONS)
    .filter(({ variant, purpose }) => variant === 0 && purpose === 'measure')
    .map(({ mode }) => mode)
  assert.equal(modes.filter((mode) => mode === 'latency').length, OPTIONS.latencyTrials)
  assert.ok(modes.indexOf('latency') < OPTIONS.trials / 2)
  assert.ok(modes.lastIndexOf('throughput') > OPTIONS.trials / 2)
})

test('a scenario without latencies has no trials for them', () => {
  const group = groupOf(primitives, ['qspinlock', 'ticket'], CREW, {}, null)
  assert.ok(scheduleOf(group, OPTIONS).every(({ mode }) => mode === 'throughput'))
})

test('a preset changes defaults, and what the user sets changes the preset', () => {
  assert.equal(groupOf(precheck, ['precheck'], CREW, {}, null).values.range, 22_528)
  assert.equal(groupOf(precheck, ['precheck'], CREW, { shape: 'stream' }, null).values.range, 1)
  assert.equal(groupOf(precheck, ['precheck'], CREW, { shape: 'stream', range: '7' }, null).values.range, 7)
})

test('names and values that do not exist are refused with what does', () => {
  assert.throws(() => groupOf(precheck, ['prechek'], CREW, {}, null), refusal('UNKNOWN_VARIANT'))
  assert.throws(() => groupOf(precheck, ['precheck'], CREW, { rnage: '1' }, null), refusal('UNKNOWN_PARAMETER'))
  for (const range of ['0', '1.5', '', 'x', '1e3x', '-1']) {
    assert.throws(() => groupOf(precheck, ['precheck'], CREW, { range }, null), refusal('BAD_PARAMETER'), range)
  }
  assert.throws(() => groupOf(precheck, ['precheck'], CREW, { mmu: 'ept' }, null), refusal('BAD_PARAMETER'))
})

test('a plan is cut down until it fits its budget, but never to nothing', () => {
  const fitted = fitToBudget([GROUP], OPTIONS, 15_000)
  assert.ok(estimateMs([GROUP], fitted) <= 15_000)
  const least = fitToBudget([GROUP], OPTIONS, 1)
  assert.ok(least.trials >= 3 && least.latencyTrials >= 3 && least.durationMs >= 100)
  assert.deepEqual(fitToBudget([GROUP], OPTIONS, 1e9), OPTIONS)
})

test('zapping only the leafs of a deleted memslot is refused for kernels before 6.13', () => {
  const slot = (variant: string) => groupOf(elision, [variant], CREW, { 'update-zap': 'slot' }, null)
  assert.throws(() => slot('always-lock'), /v5\.12, which cannot have update-zap=slot: KVM_X86_QUIRK_SLOT_ZAP_ALL/)
  assert.equal(slot('count-elide').values['update-zap'], 'slot')
})

test('a log that begins with all pages dirty is refused without manual protect, as KVM does', () => {
  const log = (set: Readonly<Record<string, string>>) => groupOf(dirtyLog, ['one-flush'], CREW, set, null)
  assert.throws(() => log({ 'log-initially': 'set', 'log-protect': 'get' }), refusal('PARAMETERS_CONFLICT'))
  assert.equal(log({ 'log-initially': 'set' }).values['log-initially'], 'set')
  assert.equal(log({ 'log-protect': 'get' }).values['log-protect'], 'get')
})

test('a kernel before 6.13 is not booted with preempt=lazy', () => {
  const lazy = (variant: string) => groupOf(precheck, [variant], CREW, { preempt: 'lazy' }, null)
  assert.throws(() => lazy('no-precheck'), refusal('NOT_ON_KERNEL'))
  assert.throws(() => lazy('precheck'), /precheck is a variant of v6\.8, which cannot be booted with preempt=lazy/)
  assert.equal(lazy('B-ENDZAP').values.preempt, 'lazy')
})
