import { answerOf } from '../../bench/answers/answer.ts'
import type { MetricName } from '../../bench/metrics.ts'
import type { Result, Run } from '../../bench/result.ts'
import type { Scenario } from '../../bench/scenario.ts'
import { SCENARIOS } from '../../bench/scenarios/all.ts'
import { BLAMES } from '../../model/blame.ts'
import { answerText } from '../answer.ts'
import { lockRows } from '../bench-table.ts'
import { circumstancesOf, groupsOf, isBroken, questionsOf } from '../groups.ts'
import { valueText } from '../numbers.ts'
import { type PhaseDiagram, phaseOf } from '../phase/phase.ts'
import { recordedRows } from '../recorded-table.ts'
import { variedIn } from '../sweep-text.ts'
import { warningLines } from '../warning-lines.ts'
import { outcomeMatrix } from './charts/outcomes.ts'
import { percentileChart } from './charts/percentiles.ts'
import { crossingTable, phaseChart } from './charts/phase.ts'
import { type Swept, scalingChart } from './charts/scaling.ts'
import { timelineChart } from './charts/timeline.ts'
import { trialChart } from './charts/trials.ts'
import { commandText } from './command-text.ts'
import type { Figure, Page, Section } from './spec.ts'

/** Loads of one scenario on one machine beyond which only the sweep is drawn, and not each load for itself. */
const MOST_LOADS = 6

/** A result as a page: a section for each question, with its answer, its charts and their tables. */
export function resultPage(result: Result): Page {
  const sections = questionsOf(result.runs).flatMap((runs) => {
    const groups = groupsOf(runs)
    const sweep = sweepSection(runs, result)
    const each = groups.length > MOST_LOADS ? [] : groups.map((group) => sectionOf(group, result))
    return [...(sweep === undefined ? [] : [sweep]), ...each]
  })
  return { title: titleOf(result), sections, provenance: provenanceOf(result) }
}

const titleOf = ({ runs }: Result) => `faultline: ${[...new Set(runs.map(({ scenario }) => scenario))].join(', ')}`

const scenarioOf = (run: Run): Scenario | undefined => SCENARIOS.find(({ name }) => name === run.scenario)

function answersOf(scenario: Scenario | undefined, runs: readonly Run[]): Section['answers'] {
  if (scenario === undefined || scenario.kind === 'primitives') return []
  const [baseline, ...others] = runs.filter((run) => !isBroken(scenario, run) && run.trials.length > 0)
  if (baseline === undefined) return []
  return others.map((run) => {
    const answer = answerOf(scenario, baseline, run)
    return { verdict: answer.verdict, text: answerText(answer) }
  })
}

/** A section of runs that were interleaved under one load. */
export function sectionOf(runs: readonly Run[], result: Result): Section {
  const [first] = runs as readonly [Run, ...Run[]]
  const scenario = scenarioOf(first)
  return {
    title: `${first.scenario} on ${first.machine}`,
    about: [scenario?.asks ?? '', circumstancesOf(first, scenario)].filter((text) => text !== '').join(' '),
    answers: answersOf(scenario, runs),
    warnings: [
      ...runs.flatMap(({ variant, error }) => (error === null ? [] : [`${variant} failed: ${error.message}`])),
      ...warningLines(runs).map((line) => line.replace(/^! /, '')),
    ],
    figures: [
      ...decidingFigure(runs, scenario, result),
      ...trialFigures(runs, scenario, result),
      ...latencyFigures(runs, result),
      ...recordedFigure(runs, result),
      ...lockFigure(runs, result),
      ...outcomeFigure(runs, result),
      ...blockedFigure(runs, result),
      ...timelineFigures(runs, result),
      ...patchFigures(runs, result),
    ],
  }
}

const NO_TABLE: Figure['table'] = { columns: [], rows: [] }

type Common = Pick<Figure, 'kind' | 'command'>
const commonOf = ({ kind }: Run, result: Result): Common => ({ kind, command: commandText(result.command) })

/** The deciding figures of all variants with their intervals: what the answer rests on. */
function decidingFigure(runs: readonly Run[], scenario: Scenario | undefined, result: Result): Figure[] {
  const rows = (scenario?.decides ?? []).flatMap(({ metric, reads, means }) => {
    if (runs.every(({ metrics }) => metrics[metric] === undefined)) return []
    return [[reads, ...runs.map((run) => metricText(metric, run)), means]]
  })
  if (rows.length === 0) return []
  return [
    {
      ...commonOf(runs[0]!, result),
      title: 'the figures that decide',
      caption:
        'Median over the trials, with its 95 % interval where there are several. The first row carries the claim.',
      body: { type: 'table' },
      table: { columns: ['figure', ...runs.map(({ variant }) => variant), 'what it means'], rows },
    },
  ]
}

function metricText(name: string, { metrics }: Run): string {
  const metric = metrics[name]
  if (metric === undefined) return '-'
  const text = (value: number) => valueText(name, value, metric.unit)
  const [low, high] = metric.ci95.map(text)
  return low === high ? text(metric.median) : `${text(metric.median)} [${low}, ${high}]`
}

/** Trials of a variant below which dots would show nothing that the table does not. */
const FEWEST_DOTS = 3

const WATCHED: readonly MetricName[] = ['faults_per_second', 'retries_per_fault', 'flushes_per_unmap']

function trialFigures(runs: readonly Run[], scenario: Scenario | undefined, result: Result): Figure[] {
  if (runs.every(({ trials }) => trials.length < FEWEST_DOTS)) return []
  const metrics = new Set([...(scenario?.decides.map(({ metric }) => metric) ?? []), ...WATCHED])
  return [...metrics].flatMap((metric) => {
    const chart = trialChart(runs, metric)
    if (chart === undefined) return []
    const decision = scenario?.decides.find((each) => each.metric === metric)
    const means = decision === undefined ? '' : ` What it means: ${decision.means}.`
    const caption =
      runs[0]!.kind === 'measured'
        ? `Each dot is a trial; the line is the median, its band the 95 % interval.${means}`
        : `Each dot is a modelled run of one seed.${means}`
    return [{ ...commonOf(runs[0]!, result), title: decision?.reads ?? metric, caption, ...chart }]
  })
}

function latencyFigures(runs: readonly Run[], result: Result): Figure[] {
  const names = [...new Set(runs.flatMap(({ histograms }) => Object.keys(histograms)))]
  return names.flatMap((name) => {
    const chart = percentileChart(runs, name)
    if (chart === undefined) return []
    const caption =
      'Latency in ns by percentile, all trials of a variant together; the dots are the medians over the trials with their 95 % intervals.'
    return [{ ...commonOf(runs[0]!, result), title: name.replace(/_ns$/, '').replaceAll('_', ' '), caption, ...chart }]
  })
}

/** The recorded kernel's own waits beside those of its replay. */
function recordedFigure(runs: readonly Run[], result: Result): Figure[] {
  const [header, ...rows] = recordedRows(runs)
  if (header === undefined) return []
  const caption = 'Waits for mmu_lock that the recorded kernel saw, beside those of each variant in the replay.'
  return [
    {
      ...commonOf(runs[0]!, result),
      title: 'the recorded kernel beside its replay',
      caption,
      body: { type: 'table' },
      table: { columns: header, rows },
    },
  ]
}

function lockFigure(runs: readonly Run[], result: Result): Figure[] {
  const rows = runs.flatMap((run) => lockRows(run).rows.map((row) => [run.variant, ...row]))
  if (rows.length === 0) return []
  return [
    {
      ...commonOf(runs[0]!, result),
      title: 'locks',
      caption:
        'Acquisitions and waits for each lock and side, the longest total wait first in each variant; R is for read, W for write.',
      body: { type: 'table' },
      table: { columns: ['variant', ...lockRows(runs[0]!).columns], rows },
    },
  ]
}

function outcomeFigure(runs: readonly Run[], result: Result): Figure[] {
  const matrix = outcomeMatrix(runs)
  if (matrix === undefined) return []
  const caption = 'How often each outcome was seen. "!" marks an interesting outcome, "!!" one that must not happen.'
  return [{ ...commonOf(runs[0]!, result), title: 'outcomes', caption, ...matrix }]
}

function blockedFigure(runs: readonly Run[], result: Result): Figure[] {
  const rows = runs.flatMap(({ variant, model }) =>
    (model?.blocked ?? []).map(({ role, count, ns }) => {
      const whole = Object.values(ns).reduce((sum, time) => sum + time, 0)
      const kinds = ['busy', ...BLAMES.map(({ name }) => name as string)].filter((kind) => (ns[kind] ?? 0) > 0)
      return { name: `${variant}: ${count} ${role}`, parts: kinds.map((name) => ({ name, share: ns[name]! / whole })) }
    }),
  )
  if (rows.length === 0) return []
  const kinds = [...new Set(rows.flatMap(({ parts }) => parts.map(({ name }) => name)))]
  return [
    {
      ...commonOf(runs[0]!, result),
      title: 'where the time went',
      caption: 'Shares of the virtual time of each role, by what it went into.',
      body: { type: 'stack', rows },
      table: {
        columns: ['role', ...kinds],
        rows: rows.map(({ name, parts }) => [
          name,
          ...kinds.map((kind) => {
            const part = parts.find((each) => each.name === kind)
            return part === undefined ? '-' : `${(part.share * 100).toPrecision(3)} %`
          }),
        ]),
      },
    },
  ]
}

function timelineFigures(runs: readonly Run[], result: Result): Figure[] {
  return runs.flatMap((run) => {
    const chart = run.timeline === undefined ? undefined : timelineChart(run.timeline)
    if (chart === undefined) return []
    const left = run.timeline!.cpus.reduce((sum, cpu) => sum + cpu.left, 0)
    const caption = `Time in ns from the first event of a trial of its own, seed ${run.timeline!.seed}; a line leads from an invalidation to a retry that it caused.${left === 0 ? '' : ` ${left} later events were not kept.`}`
    return [{ ...commonOf(run, result), title: `timeline of ${run.variant}`, caption, ...chart }]
  })
}

/** What a patch of the user's own does otherwise than the variant that it begins from. */
function patchFigures(runs: readonly Run[], result: Result): Figure[] {
  return runs.flatMap(({ variant, patch, ...run }) => {
    if (patch === undefined) return []
    const caption = `What ${patch.file} does otherwise than ${patch.base}, function by function.`
    const body = { type: 'text', lines: patch.diff.split('\n'), isCode: true } as const
    return [{ ...commonOf({ variant, ...run }, result), title: `the patch ${variant}`, caption, body, table: NO_TABLE }]
  })
}

function sweepSection(runs: readonly Run[], result: Result): Section | undefined {
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

/** What a reader needs to judge the figures of a result. */
export function provenanceOf({ host, source, createdAt, runs, id }: Result): Page['provenance'] {
  const isMeasured = runs.some(({ kind }) => kind === 'measured')
  const machines = new Map(
    runs.flatMap(({ machine, model }) => (model === undefined ? [] : [[machine, model] as const])),
  )
  return [
    ['result', id],
    ...(isMeasured
      ? ([
          ['measured', createdAt],
          ['host', `${host.cpu}, ${host.cores} cores${host.quota === null ? '' : `, quota ${host.quota}`}`],
          ['system', `${host.os}, kernel ${host.kernel}, Node ${host.node}, V8 ${host.v8}`],
        ] as const)
      : []),
    ...[...machines].map(
      ([name, { profileHash, engineHash }]) =>
        [`modelled machine ${name}`, `profile ${profileHash}, engine ${engineHash}`] as const,
    ),
    ['source', `${source.git ?? 'no git'}${source.dirty === true ? ', with uncommitted changes' : ''}`],
    ...[...new Map(runs.map(({ scenario, definition }) => [scenario, definition]))].map(
      ([scenario, definition]) => [`definition of ${scenario}`, definition] as const,
    ),
  ]
}
