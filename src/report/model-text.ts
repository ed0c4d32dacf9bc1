import { METRICS, type MetricName } from '../bench/metrics.ts'
import type { Run } from '../bench/result.ts'
import { fitScalability, WORST_FIT } from '../bench/scalability.ts'
import type { Scenario } from '../bench/scenario.ts'
import { pairedRatio } from '../bench/statistics.ts'
import { variedAmong } from '../bench/swept.ts'
import { BLAMES } from '../model/blame.ts'
import { columns, compact, inUnit, share } from './numbers.ts'

/** Where each role spent its time, as shares of its window. */
export function blockedTable(runs: readonly Run[]): string {
  const rows = runs.flatMap(({ variant, model }) =>
    (model?.blocked ?? []).map(({ role, count, ns }) => ({ name: `${variant}: ${count} ${role}`, ns })),
  )
  if (rows.length === 0) return ''
  const kinds = ['busy', ...BLAMES.map(({ name }) => name as string)].filter((kind) => rows.some(({ ns }) => ns[kind]))
  const body = rows.map(({ name, ns }) => {
    const whole = Object.values(ns).reduce((sum, time) => sum + time, 0)
    return [name, ...kinds.map((kind) => (ns[kind] ? share(ns[kind] / whole) : '-'))]
  })
  return columns([['where the time went', ...kinds], ...body])
}

type WhatIf = NonNullable<Run['model']>['whatIf'][number]

/** The deciding figures when a cost is scaled; with several seeds also whether the change exceeds chance. */
export function whatIfLines(runs: readonly Run[], scenario: Scenario | undefined): string[] {
  const lines = runs.flatMap((run) =>
    (run.model?.whatIf ?? []).map((asked) => {
      const { cost, scale, metrics: other } = asked
      const changes = decisive(scenario).flatMap((name) => {
        const before = run.metrics[name]?.median
        const after = other[name]
        if (before === undefined || after === undefined) return []
        const { unit } = METRICS[name]
        return `${name} ${inUnit(before, unit)} -> ${inUnit(after, unit)}${changeText(run, asked, name)}`
      })
      return `what if ${cost} cost ${scale === 0 ? 'nothing' : `${scale} times as much`}, ${run.variant}: ${changes.join('; ')}`
    }),
  )
  const isOfOneSeed = runs.some(({ model }) => model?.whatIf.some(({ trials }) => trials === undefined))
  return isOfOneSeed ? [...lines, 'one seed only: add --seed 1..8 to tell a small change from chance'] : lines
}

/** The change of a figure, paired by seed. */
function changeText({ trials }: Run, { trials: asked = [] }: WhatIf, name: MetricName): string {
  const pairs = asked.flatMap(({ seed, metrics }) => {
    const before = trials.find((trial) => trial.seed === seed)?.metrics[name]
    const after = metrics[name]
    return before === undefined || after === undefined ? [] : [[before, after] as const]
  })
  const ratio = pairedRatio(
    pairs.map(([before]) => before),
    pairs.map(([, after]) => after),
  )
  if (ratio === undefined) return ''
  if (!ratio.isResolved) return ' (within chance)'
  const [low, high] = ratio.ci95.map((end) => signed(end - 1))
  return ` (${signed(ratio.ratio - 1)}; ${low} to ${high})`
}

const signed = (change: number): string => `${change < 0 ? '' : '+'}${share(change)}`

/** The spread of the deciding figures over machines whose parameters are drawn from the profile's ranges. */
export function bandLines(runs: readonly Run[], scenario: Scenario | undefined): string[] {
  return runs.flatMap(({ variant, model, metrics }) => {
    const draws = model?.draws ?? []
    if (draws.length === 0) return []
    const bands = decisive(scenario).flatMap((name) => {
      if (metrics[name] === undefined) return []
      const values = [metrics[name].median, ...draws.flatMap((draw) => draw[name] ?? [])].sort((a, b) => a - b)
      const text = (value: number) => inUnit(value, METRICS[name].unit)
      return `${name} ${text(metrics[name].median)} [${text(values[0]!)}, ${text(values.at(-1)!)}]`
    })
    return [`band of ${draws.length} draws, ${variant}: ${bands.join('; ')}`]
  })
}

const decisive = (scenario: Scenario | undefined): MetricName[] => scenario?.decides.map(({ metric }) => metric) ?? []

/** The scalability law through a sweep of vCPUs: a line for each variant of which enough points were modelled. */
export function scalabilityLines(runs: readonly Run[]): string[] {
  const sweeps = new Map<string, Run[]>()
  for (const run of runs) {
    const { vcpus: _, ...others } = run.params
    const key = JSON.stringify([run.scenario, run.variant, run.machine, others])
    sweeps.set(key, [...(sweeps.get(key) ?? []), run])
  }
  const known = new Map<string, readonly string[]>()
  const variedOf = (scenario: string) => {
    const own = runs.filter((run) => run.scenario === scenario).map(({ params }) => params)
    const varied = known.get(scenario) ?? variedAmong(own).filter((name) => name !== 'vcpus')
    known.set(scenario, varied)
    return varied
  }
  return [...sweeps.values()].flatMap((sweep) => {
    const metric = (['faults_per_second', 'operations_per_second'] as const).find((name) => sweep[0]!.metrics[name])
    if (metric === undefined) return []
    const points = sweep.map(({ params, metrics }) => ({ n: Number(params.vcpus), x: metrics[metric]?.median ?? 0 }))
    const fit = fitScalability(points)
    if (fit === undefined) return []
    const { scenario, variant, machine } = sweep[0]!
    const varied = variedOf(scenario)
    const sizes = points.map(({ n }) => n)
    const most = Math.max(...sizes)
    const at = varied.map((name) => `, ${name} ${sweep[0]!.params[name]}`).join('')
    const sweepText = `${scenario} ${variant} on ${machine}${at}, ${Math.min(...sizes)} to ${most} vCPUs`
    const rate = metric === 'faults_per_second' ? 'faults/s' : 'operations/s'
    if (fit.error > WORST_FIT) {
      return [`${sweepText}: the universal scalability law does not describe ${rate} (error ${share(fit.error)})`]
    }
    const beyond = (fit.peak ?? 0) > most ? ', extrapolated beyond the sizes tried' : ''
    const peak = fit.peak === null ? 'no peak' : `peak at ${compact(fit.peak)} vCPUs${beyond}`
    return [
      `${sweepText}: contention ${share(fit.contention)}, coherency ${compact(fit.coherency)}, ${peak} (universal scalability law through ${rate}, error ${share(fit.error)})`,
    ]
  })
}
