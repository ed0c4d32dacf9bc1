import { answerOf } from '../bench/answers/answer.ts'
import { compareRuns } from '../bench/compare-runs.ts'
import { METRICS, type MetricName } from '../bench/metrics.ts'
import type { Run } from '../bench/result.ts'
import type { Scenario } from '../bench/scenario.ts'
import { variedAmong } from '../bench/swept.ts'
import { VERDICTS } from './answer.ts'
import { isBroken } from './groups.ts'
import { columns, leftColumns, ratioText, valueText } from './numbers.ts'
import { phaseOf } from './phase/phase.ts'
import { phaseText } from './phase/phase-text.ts'
import { spark } from './spark.ts'

/** Loads from which on a sweep is one table instead of a table for each. */
const FEWEST_LOADS = 3

/** The parameters that a sweep varies: those with several values among these groups. */
export function variedIn(groups: readonly (readonly Run[])[]): string[] {
  return variedAmong(groups.map(([run]) => run!.params))
}

/** Enough loads of one scenario on one machine, each with every variant, that one table says more than many. */
export function isSweep(groups: readonly (readonly Run[])[], scenario: Scenario | undefined): boolean {
  if (scenario === undefined || scenario.kind === 'primitives' || groups.length < FEWEST_LOADS) return false
  return groups.flat().every((run) => !isBroken(scenario, run)) && variedIn(groups).length <= MOST_VARIED
}

/** A load described by more parameters than this does not fit a cell. */
export const MOST_VARIED = 3

/** A sweep as tables: loads down, variants across, the claim first and then the rate; what each variant does with size. */
export function sweepText(asRun: readonly (readonly Run[])[], scenario: Scenario): string[] {
  const varied = variedIn(asRun)
  const groups = inOrder(asRun, varied)
  const [claim, ...others] = scenario.decides.map(({ metric }) => metric)
  const rate = others.find((metric) => METRICS[metric].unit === '1/s')
  const metrics = rate === undefined ? [claim!] : [claim!, rate]
  return [
    answersLine(groups, scenario, varied),
    ...metrics.flatMap((metric) => {
      const diagram = phaseOf(asRun, varied, scenario.decides.find((each) => each.metric === metric)!)
      const map = diagram === undefined ? [] : ['', ...phaseText(diagram)]
      return ['', ...metricTable(groups, scenario, metric, varied), ...map]
    }),
  ]
}

/** The loads of a refinement are put between those of the sweep; a whole sweep keeps the order of its lists. */
function inOrder(groups: readonly (readonly Run[])[], varied: readonly string[]): readonly (readonly Run[])[] {
  const valuesOf = (name: string) => new Set(groups.map(([run]) => run!.params[name])).size
  if (varied.reduce((product, name) => product * valuesOf(name), 1) === groups.length) return groups
  const first = groups[0]![0]!.params
  const until = (name: string) => groups.findIndex(([run]) => run!.params[name] !== first[name])
  const names = varied.toSorted((a, b) => until(b) - until(a))
  return groups.toSorted(([a], [b]) => {
    const name = names.find((each) => a!.params[each] !== b!.params[each])
    return name === undefined ? 0 : Number(a!.params[name]) - Number(b!.params[name]) || 0
  })
}

const ROLES: readonly string[] = ['vcpus', 'notifiers', 'zappers']

const roleText = (count: string | number | undefined, name: string) =>
  `${count} ${String(count) === '1' ? name.slice(0, -1) : name}`

const loadText = ({ params }: Run, varied: readonly string[]) =>
  varied.map((name) => (ROLES.includes(name) ? roleText(params[name], name) : `${name} ${params[name]}`)).join(', ')

/** `Yes at 4 to 63 vcpus (5 of 7 loads); No at 1 vcpus`. */
function answersLine(groups: readonly (readonly Run[])[], scenario: Scenario, varied: readonly string[]): string {
  const byVerdict = new Map<string, string[]>()
  for (const [baseline, ...others] of groups) {
    for (const run of others) {
      const { verdict } = answerOf(scenario, baseline!, run)
      const key = others.length === 1 ? VERDICTS[verdict] : `${VERDICTS[verdict]}, ${run.variant}`
      byVerdict.set(key, [...(byVerdict.get(key) ?? []), varied.map((name) => run.params[name]).join('/')])
    }
  }
  return [...byVerdict]
    .map(
      ([verdict, loads]) =>
        `${verdict}: ${loads.length} of ${groups.length} loads (${varied.join('/')} ${loads.join(', ')})`,
    )
    .join('\n')
}

function metricTable(
  groups: readonly (readonly Run[])[],
  scenario: Scenario,
  metric: MetricName,
  varied: readonly string[],
): string[] {
  const { unit } = METRICS[metric]
  const variants = [...new Set(groups.flatMap((runs) => runs.map(({ variant }) => variant)))]
  const reads = scenario.decides.find((each) => each.metric === metric)!.reads
  const rows = groups.map((runs) => {
    const cells = variants.map((variant) => {
      const value = runs.find((run) => run.variant === variant)?.metrics[metric]?.median
      return value === undefined ? '-' : valueText(metric, value, unit)
    })
    return [loadText(runs[0]!, varied), ...cells, ...(variants.length === 2 ? [ratioOf(runs, metric)] : [])]
  })
  const header = [reads, ...variants, ...(variants.length === 2 ? ['ratio'] : [])]
  return [
    columns([header, ...rows]),
    '',
    leftColumns(variants.map((variant) => trendOf(groups, variant, metric, varied))),
  ]
}

function ratioOf([baseline, candidate]: readonly Run[], metric: MetricName): string {
  const comparison =
    baseline === undefined || candidate === undefined ? undefined : compareRuns(baseline, candidate, metric)
  if (comparison === undefined) return ''
  return comparison.exceedsNoise ? ratioText(comparison.ratio, comparison.ci95) : '~'
}

/** Its name, its curve, and where it is highest: `no-precheck  ▁▂▄▇█▃▁  448k at 16 vcpus, the peak of the loads tried`. */
function trendOf(
  groups: readonly (readonly Run[])[],
  variant: string,
  metric: MetricName,
  varied: readonly string[],
): string[] {
  const runs = groups.flatMap((group) =>
    group.filter((run) => run.variant === variant && run.metrics[metric] !== undefined),
  )
  const values = runs.map(({ metrics }) => metrics[metric]!.median)
  if (values.length === 0) return [variant, '', 'no figures']
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const text = valueText(metric, high, METRICS[metric].unit)
  const curve = spark(values, low, high)
  if (low === high) return [variant, curve, `${text} at every load`]
  const at = values.indexOf(high)
  const where = at === values.length - 1 ? 'and still rising' : 'the peak of the loads tried'
  return [variant, curve, `${text} at ${loadText(runs[at]!, varied)}, ${where}`]
}
