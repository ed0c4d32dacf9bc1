import { answerOf } from '../bench/answers/answer.ts'
import { METRICS, type MetricName } from '../bench/metrics.ts'
import type { Run } from '../bench/result.ts'
import type { Scenario } from '../bench/scenario.ts'
import { SCENARIOS } from '../bench/scenarios/all.ts'
import { VERDICTS } from './answer.ts'
import { legendText } from './cells.ts'
import { askedOf, groupsOf, isBroken, questionsOf } from './groups.ts'
import { columns } from './numbers.ts'
import { phasesOf } from './phase/phase.ts'
import { phaseText } from './phase/phase-text.ts'
import { axisOf, valueAt, variedIn } from './sweep-axes.ts'
import { figureRows, type RatioStyle, variantsIn } from './sweep-rows.ts'
import { loadText, trendLines } from './sweep-trends.ts'
import { PLAIN, type Style, toneOf, widthOf } from './tones.ts'

type Groups = readonly (readonly Run[])[]

/** Loads from which on a sweep is one table instead of a table for each. */
const FEWEST_LOADS = 3
/** Loads beyond which the terminal has no row for each. */
const MOST_ROWS = 200
/** Loads beyond which an answer does not name them. */
const MOST_NAMED = 12
/** Maps of three parameters that the terminal has room for. */
const MOST_MAPS = 6

/** A load described by more parameters than this does not fit a cell. */
export const MOST_VARIED = 3

/** Loads of one scenario on one machine beyond which a page draws the sweep alone, and not each load for itself. */
export const MOST_LOADS = 6

/** Enough loads of one scenario, each with every variant, that one table says more than many. */
export function isSweep(groups: Groups, scenario: Scenario | undefined): boolean {
  if (scenario === undefined || scenario.kind === 'primitives' || groups.length < FEWEST_LOADS) return false
  return groups.flat().every((run) => !isBroken(scenario, run)) && variedIn(groups).length <= MOST_VARIED
}

/** Whether these runs are printed and drawn only as tables, maps and curves of sweeps, and not load by load. */
export const areLargeSweeps = (runs: readonly Run[]): boolean =>
  questionsOf(runs).every((own) => {
    const groups = groupsOf(own)
    return (
      groups.length > MOST_LOADS &&
      isSweep(
        groups,
        SCENARIOS.find(({ name }) => name === own[0]!.scenario),
      )
    )
  })

/** A sweep as tables: loads down, variants across, the claim first and then the rate; what each variant does with size. */
export function sweepText(asRun: Groups, scenario: Scenario, style: Style = PLAIN): string[] {
  const varied = variedIn(asRun)
  const groups = inOrder(asRun, varied)
  const applies = scenario.decides.filter(({ appliesTo }) => groups.some(([run]) => appliesTo?.(run!.params) ?? true))
  const [claim, ...others] = applies
  const rate = others.find(({ metric }) => METRICS[metric].unit === '1/s')
  const decisions = rate === undefined ? [claim!] : [claim!, rate]
  const answers = answersLine(groups, scenario, varied, style)
  const { width } = style
  const legend = legendText(
    groups.length > MOST_ROWS ? [] : groups,
    decisions.map(({ metric }) => metric),
    width,
  )
  return [
    ...(answers === '' ? [] : [answers, '']),
    ...decisions.flatMap((decision) => {
      const maps = phasesOf(asRun, varied, decision)
      const left = maps.length - MOST_MAPS
      return [
        ...(decision === claim ? [] : ['']),
        ...metricTable(groups, decision, varied, style),
        ...maps.slice(0, MOST_MAPS).flatMap((diagram) => ['', ...phaseText(diagram, width)]),
        ...(left > 0 ? ['', `${left} more maps are on the page: --report PAGE`] : []),
      ]
    }),
    ...(legend === '' ? [] : ['', legend]),
  ]
}

/** The loads of a refinement are put between those of the sweep; a whole sweep keeps the order of its lists. */
function inOrder(groups: Groups, varied: readonly string[]): Groups {
  const axes = varied.map((name) => axisOf(groups, name))
  if (axes.reduce((product, { values }) => product * values.length, 1) === groups.length) return groups
  const first = groups[0]![0]!
  const until = (name: string) => groups.findIndex(([run]) => valueAt(run!, name) !== valueAt(first, name))
  const sorted = axes.toSorted((a, b) => until(b.name) - until(a.name))
  return groups.toSorted(([a], [b]) => {
    const axis = sorted.find(({ name }) => valueAt(a!, name) !== valueAt(b!, name))
    if (axis === undefined) return 0
    const placeOf = (run: Run) => axis.values.indexOf(valueAt(run, axis.name))
    return placeOf(a!) - placeOf(b!)
  })
}

/** `Yes: 5 of 7 loads (vcpus 4, 8, 16, 32, 63)`. */
function answersLine(groups: Groups, scenario: Scenario, varied: readonly string[], { paint }: Style): string {
  const byVerdict = new Map<string, string[]>()
  for (const [baseline, ...others] of groups.map(askedOf)) {
    for (const run of others) {
      const { verdict } = answerOf(scenario, baseline!, run)
      const stated = paint(VERDICTS[verdict], toneOf[verdict])
      const key = others.length === 1 ? stated : `${stated}, ${run.variant}`
      const load = varied.map((name) => valueAt(run, name)).join('/')
      const loads = byVerdict.get(key)
      if (loads === undefined) byVerdict.set(key, [load])
      else loads.push(load)
    }
  }
  return [...byVerdict]
    .map(([verdict, loads]) => {
      const named = loads.length > MOST_NAMED ? '' : ` (${varied.join('/')} ${loads.join(', ')})`
      return `${verdict}: ${loads.length} of ${groups.length} loads${named}`
    })
    .join('\n')
}

function metricTable(
  groups: Groups,
  { metric, reads }: Scenario['decides'][number],
  varied: readonly string[],
  style: Style,
): string[] {
  const trends = trendLines(groups, variantsIn(groups), metric, varied, style.width)
  if (groups.length > MOST_ROWS) {
    return [
      `${reads}: no table of ${groups.length} loads here; \`faultline export --format csv\` writes one`,
      '',
      trends,
    ]
  }
  return [...figureTable(groups, metric, reads, varied, style), '', trends]
}

/** The most detailed table that fits. */
function figureTable(
  groups: Groups,
  metric: MetricName,
  reads: string,
  varied: readonly string[],
  { width, paint }: Style,
): string[] {
  const all = variantsIn(groups)
  const table = (loads: readonly string[], ratio: RatioStyle['ratio'], variants = all) => {
    const { header, rows } = figureRows(groups, metric, { ratio, paint }, variants)
    return columns([[loads[0]!, ...header], ...rows.map((row, at) => [loads[at + 1]!, ...row])])
  }
  const wide = [reads, ...groups.map(([run]) => loadText(run!, varied))]
  // The names of the parameters stand above their values where they have no room beside them.
  const short = [varied.join('/'), ...groups.map(([run]) => varied.map((name) => valueAt(run!, name)).join('/'))]
  const [baseline, ...others] = all
  const choices = [
    () => [table(wide, 'with interval')],
    () => [`${reads}:`, table(short, 'with interval')],
    () => [`${reads}:`, table(short, 'alone')],
    // Where the variants have no room beside each other, each stands beside the baseline.
    () => [`${reads}:`, others.map((variant) => table(short, 'none', [baseline!, variant])).join('\n\n')],
  ]
  const fits = (parts: readonly string[]) =>
    width === undefined || parts.every((part) => part.split('\n').every((line) => widthOf(line) <= width))
  const tried = choices.slice(0, others.length === 0 ? 3 : 4).map((choice) => choice())
  return tried.find(fits) ?? tried.at(-1)!
}
