import type { Result, Run } from '../../bench/result.ts'
import { groupsOf } from '../groups.ts'
import { type PhaseDiagram, phaseOf } from '../phase/phase.ts'
import { variedIn } from '../sweep-text.ts'
import { answersOf, scenarioOf } from './answers.ts'
import { crossingTable, phaseChart } from './charts/phase.ts'
import { type Swept, scalingChart } from './charts/scaling.ts'
import { commonOf, patchFigures } from './figures.ts'
import type { Figure, Section } from './spec.ts'

/** Loads of one scenario on one machine beyond which only the sweep is drawn, and not each load for itself. */
export const MOST_LOADS = 6

/** What varies over the loads of one scenario; undefined if there is one load. */
export function sweepSection(runs: readonly Run[], result: Result): Section | undefined {
  const scenario = scenarioOf(runs[0]!)
  const groups = groupsOf(runs)
  const swept = sweptIn(groups)
  if (scenario === undefined || swept === undefined) return undefined
  const figures = scenario.decides.flatMap(({ metric, reads }) => {
    const chart = scalingChart(runs, metric, swept)
    if (chart === undefined) return []
    const title = `${reads} by ${swept.along === 'vcpus' ? 'vCPUs' : swept.along}`
    return [{ ...commonOf(runs[0]!, result), title, caption: sweepCaption(swept), ...chart }]
  })
  if (figures.length === 0) return undefined
  const varied = variedIn(groups)
  const maps = scenario.decides.flatMap((decision) => {
    const diagram = phaseOf(groups, varied, decision)
    if (diagram === undefined) return []
    const title = `where each variant has the better ${decision.reads}`
    const caption = `${diagram.x} across, ${diagram.y} down. A cell has the colour and the number of the variant that wins there; pale and "?" where the difference is not resolved, "=" where they are alike. Thick lines are the frontier. "·" was not run, and is tinted where the loads on both sides agree.`
    const map = { ...commonOf(runs[0]!, result), title, caption, ...phaseChart(diagram) }
    return [map, ...frontierFigure(map, diagram)]
  })
  return {
    title: `${runs[0]!.scenario} on ${runs[0]!.machine}, a sweep of ${groups.length} loads`,
    about: scenario.asks,
    answers: groups.flatMap((group) =>
      answersOf(scenario, group).map(({ verdict, text }) => ({
        verdict,
        text: `${varied.map((name) => `${name} ${group[0]!.params[name]}`).join(', ')}: ${text}`,
      })),
    ),
    warnings: [],
    figures: [...maps, ...figures, ...(groups.length > MOST_LOADS ? patchFigures(groups[0]!, result) : [])],
  }
}

/** Of a refined sweep: between which loads the frontier runs. */
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

const sweepCaption = ({ along }: Swept) =>
  along === 'vcpus'
    ? 'Medians over the number of vCPUs. Dashed: the ideal line from the first size, and the universal scalability law where it describes the points, extrapolated beyond the last one.'
    : `Medians over ${along}.`
