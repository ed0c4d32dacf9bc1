import { METRICS, type MetricName } from '../../bench/metrics.ts'
import type { Result, Run } from '../../bench/result.ts'
import type { Scenario } from '../../bench/scenario.ts'
import { VERDICTS } from '../answer.ts'
import { groupsOf } from '../groups.ts'
import { type PhaseDiagram, phasesOf } from '../phase/phase.ts'
import { alongOf, valueAt, variedIn } from '../sweep-axes.ts'
import { figureRows } from '../sweep-rows.ts'
import { MOST_LOADS } from '../sweep-text.ts'
import { answersOf, scenarioOf } from './answers.ts'
import { crossingTable, phaseChart } from './charts/phase.ts'
import { type Swept, scalingChart } from './charts/scaling.ts'
import { commonOf, patchFigures } from './figures.ts'
import type { Figure, Lines, Section } from './spec.ts'

/** The section of a sweep over the loads of one scenario; undefined if there is only one load. */
export function sweepSection(runs: readonly Run[], result: Result): Section | undefined {
  const scenario = scenarioOf(runs[0]!)
  const groups = groupsOf(runs)
  const varied = variedIn(groups)
  if (scenario === undefined || varied.length === 0) return undefined
  const curves = curvesOf(groups, scenario, varied, result)
  // Two loads without an order between them are read side by side.
  if (curves.length === 0 && groups.length <= FEW_LOADS) return undefined
  const maps = mapsOf(groups, scenario, varied, result)
  const drawn = curves.length > 0 ? curves : tablesOf(groups, scenario, varied, result)
  const leading = maps.length > 0 ? maps : drawn
  const lead = leadOf(scenario).flatMap((metric) => leading.filter((drawn) => drawn.metric === metric))
  const others = [...maps, ...drawn].filter((each) => !lead.includes(each))
  const answers = sweepAnswers(groups, scenario, varied)
  return {
    title: `${runs[0]!.scenario} on ${machinesText(runs)}, a sweep of ${groups.length} loads`,
    gist: answers.map(({ text }) => text).join('; '),
    shows: lead.length,
    about: scenario.asks,
    answers,
    warnings: [],
    figures: [
      ...lead.map(({ figure }) => figure),
      ...maps.flatMap(({ frontier }) => frontier),
      ...others.map(({ figure }) => figure),
      ...(groups.length > MOST_LOADS
        ? [...answersFigure(groups, scenario, varied, result), ...patchFigures(groups[0]!, result)]
        : []),
    ],
  }
}

/** A picture of one deciding figure, and the table of its frontier if it has one. */
type Drawn = { readonly metric: MetricName; readonly figure: Figure; readonly frontier: readonly Figure[] }

/** The figures of a sweep that come first: the claim, and the rate. */
function leadOf({ decides: [claim, ...others] }: Scenario): MetricName[] {
  const rate = others.find(({ metric }) => METRICS[metric].unit === '1/s')
  return [claim, rate].flatMap((decision) => (decision === undefined ? [] : [decision.metric]))
}

function machinesText(runs: readonly Run[]): string {
  const machines = [...new Set(runs.map(({ machine }) => machine))]
  return machines.length === 1 ? machines[0]! : `${machines.length} machines`
}

type Groups = readonly (readonly Run[])[]

function curvesOf(groups: Groups, { decides }: Scenario, varied: readonly string[], result: Result): Drawn[] {
  const along = alongOf(groups, varied)
  if (along === undefined) return []
  const swept = { along, beside: varied.filter((name) => name !== along) }
  const runs = groups.flat()
  return decides.flatMap((decision): Drawn[] => {
    const chart = scalingChart(runs, decision, swept)
    if (chart === undefined) return []
    const title = `${decision.reads} by ${swept.along === 'vcpus' ? 'vCPUs' : swept.along}`
    const { left, ...drawn } = chart
    const caption = sweepCaption(swept, chart.body, left)
    const figure = { ...commonOf(runs[0]!, result), title, caption, ...drawn }
    return [{ metric: decision.metric, figure, frontier: [] }]
  })
}

/** Names have no curve: each load in a row, in the order of the plan. */
const tablesOf = (groups: Groups, { decides }: Scenario, varied: readonly string[], result: Result): Drawn[] =>
  decides.flatMap((decision): Drawn[] => {
    const { metric, reads } = decision
    if (groups.length > MOST_LISTED || groups.flat().every(({ metrics }) => metrics[metric] === undefined)) return []
    const { header, rows } = figureRows(groups, metric)
    const title = `${reads} by ${varied.join(' and ')}`
    const caption = `Medians of each load, in the order of the plan.${header.at(-1) === 'ratio' ? ' "~": a difference that is not resolved.' : ''}`
    const table = {
      columns: [...varied, ...header],
      rows: rows.map((row, at) => [...varied.map((name) => String(valueAt(groups[at]![0]!, name))), ...row]),
    }
    const figure = { ...commonOf(groups[0]![0]!, result), title, caption, body: { type: 'table' }, table } as const
    return [{ metric, figure, frontier: [] }]
  })

const mapsOf = (groups: Groups, { decides }: Scenario, varied: readonly string[], result: Result): Drawn[] =>
  decides.flatMap((decision) =>
    phasesOf(groups, varied, decision).map((diagram): Drawn => {
      const where = diagram.at === undefined ? '' : `, at ${diagram.at}`
      const title = `where each variant has the better ${decision.reads}${where}`
      const map = { ...commonOf(groups[0]![0]!, result), title, caption: mapCaption(diagram), ...phaseChart(diagram) }
      return { metric: decision.metric, figure: map, frontier: frontierFigure(map, diagram) }
    }),
  )

function mapCaption({ x, y }: PhaseDiagram): string {
  const ordered = [x, y].filter(({ isOrdered }) => isOrdered).map(({ name }) => name)
  return [
    `${x.name} across, ${y.name} down. A cell has the colour and the number of the variant that wins there: pale with "?" where the difference is not resolved, "=" where there is no difference.`,
    ...(ordered.length === 2
      ? ['Thick lines are the frontier.']
      : ordered.map((name) => `Thick lines are the frontier along ${name}.`)),
    `"·": not run, or without this figure${ordered.length === 0 ? '' : '; tinted where the loads on both sides agree'}.`,
  ].join(' ')
}

/** Loads that names alone tell apart, up to which no table puts them together. */
const FEW_LOADS = 2
/** Loads beyond which they are counted without their names. */
const MOST_NAMED = 12

/** At how many loads the answer is which. */
function sweepAnswers(groups: Groups, scenario: Scenario, varied: readonly string[]): Section['answers'] {
  const all = groups.flatMap((group) =>
    answersOf(scenario, group).map((answer) => ({
      ...answer,
      at: varied.map((name) => valueAt(group[0]!, name)).join('/'),
    })),
  )
  const variants = [...new Set(all.map(({ variant }) => variant))]
  return variants.flatMap((variant) => {
    const own = all.filter((answer) => answer.variant === variant)
    return [...new Set(own.map(({ verdict }) => verdict))].map((verdict) => {
      const at = own.filter((answer) => answer.verdict === verdict).map((answer) => answer.at)
      const loads = at.length > MOST_NAMED ? '' : `: ${varied.join('/')} ${at.join(', ')}`
      return {
        verdict,
        text: `${variant}: ${VERDICTS[verdict]} at ${at.length} of ${groups.length} loads${loads}`,
      }
    })
  })
}

/** More are read from the map. */
const MOST_LISTED = 250

function answersFigure(groups: Groups, scenario: Scenario, varied: readonly string[], result: Result): Figure[] {
  if (groups.length > MOST_LISTED) return []
  const rows = groups.flatMap((group) =>
    answersOf(scenario, group).map(({ text }) => [...varied.map((name) => String(valueAt(group[0]!, name))), text]),
  )
  const caption = 'Each load of the sweep, and its answer.'
  const table = { columns: [...varied, 'answer'], rows }
  return [
    { ...commonOf(groups[0]![0]!, result), title: 'the answer at each load', caption, body: { type: 'table' }, table },
  ]
}

/** The loads between which the frontier of a refined sweep runs. */
function frontierFigure({ kind, command, title }: Figure, diagram: PhaseDiagram): Figure[] {
  const table = crossingTable(diagram)
  if (table === undefined) return []
  const caption = 'On each line of the sweep, the nearest loads on both sides of the frontier.'
  return [{ kind, command, title: `${title}: its frontier`, caption, body: { type: 'table' }, table }]
}

function sweepCaption({ along, beside }: Swept, { series }: Lines, left: number): string {
  const axis = along === 'vcpus' ? 'the number of vCPUs' : along
  const isDashed = (part: RegExp) => series.some(({ style, name }) => style === 'dashed' && part.test(name))
  const dashed = [
    ...(isDashed(/^ideal$/) ? ['the ideal line from the first size'] : []),
    ...(isDashed(/, law$/)
      ? ['the universal scalability law through the points, extrapolated beyond the last one']
      : []),
  ]
  return [
    `Medians over ${axis}.`,
    ...(dashed.length === 0 ? [] : [`Dashed: ${dashed.join(', and ')}.`]),
    ...(left === 0
      ? []
      : [
          `${left.toLocaleString('en')} more curves, of other values of ${beside.join(' and ')}, are in the result file.`,
        ]),
  ].join(' ')
}
