import type { Result, Run } from '../../bench/result.ts'
import type { Scenario } from '../../bench/scenario.ts'
import { VERDICTS } from '../answer.ts'
import { groupsOf } from '../groups.ts'
import { type PhaseDiagram, phaseOf } from '../phase/phase.ts'
import { variedIn } from '../sweep-text.ts'
import { answersOf, scenarioOf } from './answers.ts'
import { crossingTable, phaseChart } from './charts/phase.ts'
import { type Swept, scalingChart } from './charts/scaling.ts'
import { commonOf, patchFigures } from './figures.ts'
import type { Figure, Lines, Section } from './spec.ts'

/** Loads of one scenario on one machine beyond which only the sweep is drawn, and not each load for itself. */
export const MOST_LOADS = 6

/** What varies over the loads of one scenario; undefined if there is one load. */
export function sweepSection(runs: readonly Run[], result: Result): Section | undefined {
  const scenario = scenarioOf(runs[0]!)
  const groups = groupsOf(runs)
  const swept = sweptIn(groups)
  if (scenario === undefined || swept === undefined) return undefined
  const figures = scenario.decides.flatMap((decision) => {
    const chart = scalingChart(runs, decision, swept)
    if (chart === undefined) return []
    const title = `${decision.reads} by ${swept.along === 'vcpus' ? 'vCPUs' : swept.along}`
    const { left, ...drawn } = chart
    return [{ ...commonOf(runs[0]!, result), title, caption: sweepCaption(swept, chart.body, left), ...drawn }]
  })
  if (figures.length === 0) return undefined
  const varied = variedIn(groups)
  const maps = scenario.decides.flatMap((decision) => {
    const diagram = phaseOf(groups, varied, decision)
    if (diagram === undefined) return []
    const title = `where each variant has the better ${decision.reads}`
    const caption = `${diagram.x} across, ${diagram.y} down. A cell has the colour and the number of the variant that wins there: pale with "?" where the difference is not resolved, "=" where they are alike. Thick lines are the frontier. "·": not run, or without this figure; tinted where the loads on both sides agree.`
    const map = { ...commonOf(runs[0]!, result), title, caption, ...phaseChart(diagram) }
    return [map, ...frontierFigure(map, diagram)]
  })
  return {
    title: `${runs[0]!.scenario} on ${runs[0]!.machine}, a sweep of ${groups.length} loads`,
    about: scenario.asks,
    answers: sweepAnswers(groups, scenario, varied),
    warnings: [],
    figures: [
      ...maps,
      ...figures,
      ...(groups.length > MOST_LOADS
        ? [...answersFigure(groups, scenario, varied, result), ...patchFigures(groups[0]!, result)]
        : []),
    ],
  }
}

/** The answer at each load; of many loads at how many it was which. */
function sweepAnswers(
  groups: readonly (readonly Run[])[],
  scenario: Scenario,
  varied: readonly string[],
): Section['answers'] {
  const all = groups.flatMap((group) =>
    answersOf(scenario, group).map((answer) => ({ ...answer, at: group[0]!.params })),
  )
  if (groups.length <= MOST_LOADS) {
    return all.map(({ verdict, text, at }) => ({
      verdict,
      text: `${varied.map((name) => `${name} ${at[name]}`).join(', ')}: ${text}`,
    }))
  }
  const variants = [...new Set(all.map(({ variant }) => variant))]
  return variants.flatMap((variant) => {
    const own = all.filter((answer) => answer.variant === variant)
    return [...new Set(own.map(({ verdict }) => verdict))].map((verdict) => ({
      verdict,
      text: `${variant}: ${VERDICTS[verdict]} at ${own.filter((answer) => answer.verdict === verdict).length} of ${groups.length} loads`,
    }))
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
function sweptIn(groups: readonly (readonly Run[])[]): Swept | undefined {
  const varied = variedIn(groups)
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
