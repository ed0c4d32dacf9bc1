import { METRICS, type MetricName } from '../../bench/metrics.ts'
import type { Result, Run } from '../../bench/result.ts'
import type { Scenario } from '../../bench/scenario.ts'
import { VERDICTS } from '../answer.ts'
import { groupsOf } from '../groups.ts'
import { type PhaseDiagram, phaseOf } from '../phase/phase.ts'
import { MOST_VARIED, variedIn } from '../sweep-text.ts'
import { answersOf, scenarioOf } from './answers.ts'
import { crossingTable, phaseChart } from './charts/phase.ts'
import { type Swept, scalingChart } from './charts/scaling.ts'
import { commonOf, patchFigures } from './figures.ts'
import type { Figure, Lines, Section } from './spec.ts'

/** Loads of one scenario on one machine beyond which only the sweep is drawn, and not each load for itself. */
export const MOST_LOADS = 6

/** The section of a sweep over the loads of one scenario; undefined if there is only one load. */
export function sweepSection(runs: readonly Run[], result: Result): Section | undefined {
  const scenario = scenarioOf(runs[0]!)
  const groups = groupsOf(runs)
  const varied = variedIn(groups)
  const swept = sweptIn(groups, varied)
  if (scenario === undefined || swept === undefined || varied.length > MOST_VARIED) return undefined
  const curves = curvesOf(runs, scenario, swept, result)
  if (curves.length === 0) return undefined
  const maps = mapsOf(groups, scenario, varied, result)
  const leading = maps.length > 0 ? maps : curves
  const lead = leadOf(scenario).flatMap((metric) => leading.filter((drawn) => drawn.metric === metric))
  const others = [...maps, ...curves].filter((drawn) => !lead.includes(drawn))
  const answers = sweepAnswers(groups, scenario, varied)
  return {
    title: `${runs[0]!.scenario} on ${runs[0]!.machine}, a sweep of ${groups.length} loads`,
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

const curvesOf = (runs: readonly Run[], { decides }: Scenario, swept: Swept, result: Result): Drawn[] =>
  decides.flatMap((decision): Drawn[] => {
    const chart = scalingChart(runs, decision, swept)
    if (chart === undefined) return []
    const title = `${decision.reads} by ${swept.along === 'vcpus' ? 'vCPUs' : swept.along}`
    const { left, ...drawn } = chart
    const caption = sweepCaption(swept, chart.body, left)
    const figure = { ...commonOf(runs[0]!, result), title, caption, ...drawn }
    return [{ metric: decision.metric, figure, frontier: [] }]
  })

const mapsOf = (
  groups: readonly (readonly Run[])[],
  { decides }: Scenario,
  varied: readonly string[],
  result: Result,
): Drawn[] =>
  decides.flatMap((decision): Drawn[] => {
    const diagram = phaseOf(groups, varied, decision)
    if (diagram === undefined) return []
    const title = `where each variant has the better ${decision.reads}`
    const caption = `${diagram.x} across, ${diagram.y} down. A cell has the colour and the number of the variant that wins there: pale with "?" where the difference is not resolved, "=" where they are alike. Thick lines are the frontier. "·": not run, or without this figure; tinted where the loads on both sides agree.`
    const map = { ...commonOf(groups[0]![0]!, result), title, caption, ...phaseChart(diagram) }
    return [{ metric: decision.metric, figure: map, frontier: frontierFigure(map, diagram) }]
  })

/** Loads beyond which they are counted without their names. */
const MOST_NAMED = 12

/** At how many loads the answer is which. */
function sweepAnswers(
  groups: readonly (readonly Run[])[],
  scenario: Scenario,
  varied: readonly string[],
): Section['answers'] {
  const all = groups.flatMap((group) =>
    answersOf(scenario, group).map((answer) => ({
      ...answer,
      at: varied.map((name) => group[0]!.params[name]).join('/'),
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

function answersFigure(
  groups: readonly (readonly Run[])[],
  scenario: Scenario,
  varied: readonly string[],
  result: Result,
): Figure[] {
  if (groups.length > MOST_LISTED) return []
  const rows = groups.flatMap((group) =>
    answersOf(scenario, group).map(({ text }) => [...varied.map((name) => String(group[0]!.params[name])), text]),
  )
  const caption = 'Each load of the sweep, and what its figures answer.'
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

/** The number of vCPUs lies along the axis if it varies, else the first number that does. */
function sweptIn(groups: readonly (readonly Run[])[], varied: readonly string[]): Swept | undefined {
  const numbers = varied.filter((name) => groups.every(([run]) => Number.isFinite(Number(run!.params[name]))))
  const along = numbers.includes('vcpus') ? 'vcpus' : numbers[0]
  return along === undefined ? undefined : { along, beside: varied.filter((name) => name !== along) }
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
