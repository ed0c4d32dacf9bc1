import type { Run } from '../bench/result.ts'
import type { Scenario } from '../bench/scenario.ts'
import { valueAt } from './sweep-axes.ts'

/** Runs under the same load on the same machine: they are columns of one table. Measured and modelled never are. */
export const groupsOf = (runs: readonly Run[]): Run[][] =>
  together(runs, ({ scenario, machine, kind, params }) => [scenario, machine, kind, params])

function together(runs: readonly Run[], keyOf: (run: Run) => unknown): Run[][] {
  const groups = new Map<string, Run[]>()
  for (const run of runs) {
    const key = JSON.stringify(keyOf(run))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [run])
    else group.push(run)
  }
  return [...groups.values()]
}

/** The circumstances in a line: machine, workers, load, trials. Parameters with their default values are omitted. */
export function circumstancesOf(run: Run, scenario: Scenario | undefined): string {
  const { vcpus, workers, notifiers, zappers, duration, warmup: _, ...others } = run.params
  const crew = [
    plural(workers, 'worker'),
    plural(vcpus, 'vCPU'),
    plural(notifiers, 'notifier'),
    zappers === 0 ? '' : plural(zappers, 'zapper'),
  ].filter((part) => part !== '')
  const count = (mode: string) => run.trials.filter((trial) => trial.mode === mode).length
  const latency = count('latency') === 0 ? '' : ` for throughput, ${count('latency')} for latency`
  const length = 'trace' in others ? '' : ` of ${duration} ms`
  const load = Object.entries(others).filter(([name, value]) => isWorthSaying(name, value, scenario))
  const stated = [...crew, ...load.map(([name, value]) => `${name} ${value}`)].join(', ')
  if (run.kind === 'modelled') {
    const runs = run.trials.map(({ seed }) => seed).join(', ')
    return `${run.machine} (modelled): ${stated}; ${length.slice(4) || 'the recording'} of virtual time, seed ${runs}`
  }
  return `${run.machine} (${run.kind}): ${stated}; ${plural(count('throughput'), 'trial')}${latency}${length}, interleaved`
}

const CREW: readonly string[] = ['workers', 'vcpus', 'notifiers', 'zappers', 'trace', 'machine']
/** Said where they are not as usual, since each makes it another question. */
const ASKED_TOO = ['kernel', 'words', 'arrival', 'rate']

/**
 * The question in a few words, so that an answer can stand alone: `precheck on altra-64, 63 vCPUs, 1 notifier`.
 * `varied`: the parameters in which it differs from the other requested loads.
 */
export function labelOf(run: Run, varied: readonly string[] = []): string {
  const { scenario, machine, params } = run
  const { workers, vcpus, notifiers, zappers } = params
  const crew = [
    plural(workers, 'worker'),
    plural(vcpus, 'vCPU'),
    notifiers === 0 ? '' : plural(notifiers, 'notifier'),
    zappers === 0 ? '' : plural(zappers, 'zapper'),
  ]
  const recording = params.trace === undefined ? '' : `trace ${params.trace}`
  const names = [...new Set([...ASKED_TOO, ...varied])].filter((name) => !CREW.includes(name))
  const others = names.flatMap((name) => {
    if (varied.includes(name)) return [`${name} ${valueAt(run, name)}`]
    return params[name] === undefined || params[name] === PLAIN[name] ? [] : [`${name} ${params[name]}`]
  })
  return [`${scenario} on ${machine}`, ...crew, recording, ...others].filter((part) => part !== '').join(', ')
}

const ALWAYS_SAID = ['shape', 'mmu', 'preempt', 'range', 'granule', 'mapping', 'scale']
const PLAIN: Readonly<Record<string, string | number>> = { arrival: 'closed', oracles: 'on', words: 'wasm' }

function isWorthSaying(name: string, value: string | number, scenario: Scenario | undefined): boolean {
  return ALWAYS_SAID.includes(name) || value !== (PLAIN[name] ?? scenario?.parameters[name]?.default)
}

const plural = (count: string | number | undefined, noun: string) =>
  count === undefined ? '' : `${count} ${noun}${count === 1 ? '' : 's'}`

export const isBroken = (scenario: Scenario, run: Run) =>
  scenario.variants.some(({ name, kind }) => name === run.variant && kind === 'broken')

/** Runs of one scenario on this host, or on modelled machines; by a load that is made, or by the same recording. */
export const questionsOf = (runs: readonly Run[]): Run[][] =>
  together(runs, ({ scenario, machine, kind, params }) => [
    scenario,
    kind === 'modelled' ? kind : machine,
    kind,
    params.trace,
  ])

/** The runs of a group that are compared, the baseline first; in place of one that had no trial before the plan was cut short an empty one. */
export function askedOf(runs: readonly Run[]): readonly Run[] {
  const [first] = runs
  if (first?.asked === undefined) return runs
  return first.asked.map((name) => runs.find(({ variant }) => variant === name) ?? withoutTrials(first, name))
}

function withoutTrials({ noise: _, replayed: __, ...run }: Run, variant: string): Run {
  const none = {
    trials: [],
    order: [],
    metrics: {},
    counters: {},
    histograms: {},
    locks: [],
    outcomes: [],
    warnings: [],
  }
  return { ...run, ...none, variant, interrupted: { trials: 0, of: run.interrupted?.of ?? 1 } }
}
