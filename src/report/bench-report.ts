import { type Answer, answerOf } from '../bench/answers/answer.ts'
import type { Outcome, Result, Run } from '../bench/result.ts'
import type { Scenario } from '../bench/scenario.ts'
import { SCENARIOS } from '../bench/scenarios/all.ts'
import { aloneText, answerText, decidingText, ranking, VERDICTS } from './answer.ts'
import { benchTable, lockTable } from './bench-table.ts'
import { caught } from './caught.ts'
import { fit } from './fit.ts'
import { askedOf, circumstancesOf, groupsOf, isBroken, labelOf, questionsOf } from './groups.ts'
import { latencyLines } from './latency-text.ts'
import { bandLines, blockedTable, scalabilityLines, whatIfLines } from './model-text.ts'
import { compact, leftColumns } from './numbers.ts'
import { recordedTable } from './recorded-table.ts'
import { fitnessOf } from './replayed-text.ts'
import { variedIn } from './sweep-axes.ts'
import { isSweep, sweepText } from './sweep-text.ts'
import { PLAIN, type Style, toneOf } from './tones.ts'
import { warningLines } from './warning-lines.ts'

export type ReportOptions = {
  /** The answers only. */
  readonly quiet: boolean
  /** The lock tables too. */
  readonly locks: boolean
  /** Every row, where the time went, and the bands of the draws. */
  readonly all: boolean
}

/** Formats a result for the terminal: a table and an answer for each group of interleaved runs. */
export function benchReport(result: Result, options: ReportOptions, style: Style = PLAIN): string {
  const texts = questionsOf(result.runs).map((runs) => questionText(runs, options, style))
  const laws = scalabilityLines(result.runs.filter(({ kind }) => kind === 'modelled'))
  const gap = options.quiet ? '\n' : '\n\n'
  return fit([...texts, ...(laws.length === 0 || options.quiet ? [] : [laws.join('\n')])].join(gap), style.width)
}

/** A sweep is one table, unless details are requested. */
function questionText(runs: readonly Run[], options: ReportOptions, style: Style): string {
  const groups = groupsOf(runs)
  const scenario = SCENARIOS.find(({ name }) => name === runs[0]!.scenario)
  if (options.all || options.quiet || options.locks || scenario === undefined || !isSweep(groups, scenario)) {
    const varied = variedIn(groups)
    return groups.map((group) => groupText(group, options, style, varied)).join(options.quiet ? '\n' : '\n\n')
  }
  const measured = runs.filter(({ trials }) => trials.length > 0)
  return [
    `${scenario.name}: ${scenario.asks}`,
    `a sweep of ${groups.length} loads, of which the first is ${circumstancesOf(runs[0]!, scenario)}`,
    'the details of each load: --all',
    '',
    ...sweepText(groups, scenario, style),
    ...section([...errorsOf(runs), ...outcomeLines(runs)].join('\n')),
    ...section(splatsOf(runs).join('\n\n')),
    ...section(warningsText(warningLines(measured), style)),
  ].join('\n')
}

function groupText(
  runs: readonly Run[],
  { quiet, locks, all }: ReportOptions,
  style: Style,
  varied: readonly string[],
): string {
  const scenario = SCENARIOS.find(({ name }) => name === runs[0]!.scenario)
  const measured = runs.filter(({ trials }) => trials.length > 0)
  const seen = runs.filter(({ trials, outcomes }) => trials.length + outcomes.length > 0)
  const fitness = fitnessOf(measured)
  const answers = [
    ...(fitness.instead ?? answersOf(scenario, askedOf(seen), askedOf(runs).length, style)),
    ...errorsOf(runs),
  ]
  if (quiet) return [...fitness.first, ...answers].map((text) => `${labelOf(runs[0]!, varied)}: ${text}`).join('\n')
  return [
    ...fitness.first,
    ...(scenario === undefined ? [] : [`${scenario.name}: ${scenario.asks}`]),
    circumstancesOf(runs[0]!, scenario),
    ...section(answers.join('\n')),
    '',
    benchTable(fitness.shown, all ? undefined : decidingMetrics(scenario), style),
    // A picture is for a person at a terminal, or one that asks for everything.
    ...section(all || style.width !== undefined ? latencyLines(fitness.shown, scenario).join('\n') : ''),
    ...section(recordedTable(fitness.shown)),
    ...(locks ? measured.flatMap((run) => ['', `${run.variant}: locks`, lockTable(run)]) : []),
    ...section(outcomeLines(runs).join('\n')),
    ...section(splatsOf(runs).join('\n\n')),
    ...section(all ? blockedTable(measured) : ''),
    ...section(
      [...(all ? bandLines(fitness.shown, scenario) : []), ...whatIfLines(fitness.shown, scenario)].join('\n'),
    ),
    ...section(warningsText([...warningLines(measured), ...fitness.warnings.map((warning) => `! ${warning}`)], style)),
  ].join('\n')
}

/** Primitives have four figures in all: nothing is left out. */
const decidingMetrics = (scenario: Scenario | undefined): readonly string[] | undefined =>
  scenario?.kind === 'primitives' ? undefined : scenario?.decides.map(({ metric }) => metric)

const warningsText = (lines: readonly string[], { paint }: Style) =>
  lines.map((line) => line.replace(/^!/, (mark) => paint(mark, 'doubtful'))).join('\n')

const section = (text: string) => (text === '' ? [] : ['', text])

/** `asked`: how many variants there would be if no run had failed. */
function answersOf(scenario: Scenario | undefined, runs: readonly Run[], asked: number, style: Style): string[] {
  if (scenario === undefined) return []
  const [baseline, ...others] = runs.filter((run) => !isBroken(scenario, run))
  const compared = baseline === undefined ? [] : comparisons(scenario, baseline, others, style)
  const isAlone = baseline !== undefined && runs.length === 1 && asked === 1
  return [
    ...(isAlone ? [aloneText(scenario, baseline)] : compared),
    ...runs.filter((run) => isBroken(scenario, run)).map((run) => caught(scenario, run)),
  ]
}

const comparisons = (scenario: Scenario, baseline: Run, others: readonly Run[], style: Style) =>
  scenario.kind === 'primitives' && others.length > 1
    ? [ranking(scenario, [baseline, ...others])]
    : others.map((run) => answerText(answerOf(scenario, baseline, run), style))

/** Answers without tables, each with its question, and any forbidden outcomes. */
export function questionsText(runs: readonly Run[], style: Style = PLAIN): string {
  const quiet = { quiet: true, locks: false, all: false }
  const texts = questionsOf(runs).flatMap((question) => {
    const groups = groupsOf(question)
    const varied = variedIn(groups)
    return groups.map((group) => [groupText(group, quiet, style, varied), ...outcomeLines(group), ...splatsOf(group)])
  })
  return fit(texts.flat().join('\n'), style.width)
}

/** One line for each question of a plan, with its deciding figure. */
export function answersTable(result: Result, { width, paint }: Style = PLAIN): string {
  const rows = groupsOf(result.runs).flatMap((runs) => {
    const scenario = SCENARIOS.find(({ name }) => name === runs[0]!.scenario)
    return answersOfGroup(scenario, runs).map((answer) => [
      runs[0]!.scenario,
      runs[0]!.params.trace === undefined ? runs[0]!.machine : `${runs[0]!.machine}, recording`,
      paint(VERDICTS[answer.verdict], toneOf[answer.verdict]),
      decidingText(answer),
    ])
  })
  return leftColumns([['question', 'machine', 'answer', 'the figure that decides'], ...rows], width)
}

/** The answers to each question of a result: one for each variant that is compared with the baseline of its group. */
export function answersIn(result: Pick<Result, 'runs'>): Answer[][] {
  const answers = groupsOf(result.runs).map((runs) => {
    return answersOfGroup(
      SCENARIOS.find(({ name }) => name === runs[0]!.scenario),
      runs,
    )
  })
  return answers.filter(({ length }) => length > 0)
}

/** Primitives are ranked, and a broken variant is checked for whether it was caught; neither has an answer of that kind. */
function answersOfGroup(scenario: Scenario | undefined, runs: readonly Run[]): Answer[] {
  if (scenario === undefined || scenario.kind === 'primitives' || fitnessOf(runs).instead !== null) return []
  const seen = runs.filter((run) => run.trials.length + run.outcomes.length > 0 && !isBroken(scenario, run))
  const [baseline, ...others] = askedOf(seen)
  return baseline === undefined ? [] : others.map((run) => answerOf(scenario, baseline, run))
}

/** Measured runs of one group fail together; modelled ones fail alone. */
function errorsOf(runs: readonly Run[]): string[] {
  const isOfAll = runs.every(({ error }) => error !== null)
  const all = runs.flatMap(({ variant, error }) =>
    error === null ? [] : [`${isOfAll ? 'The run' : `The run of ${variant}`} failed: ${error.message}.\n${error.hint}`],
  )
  return [...new Set(all)]
}

function outcomeLines(runs: readonly Run[]): string[] {
  return runs.flatMap((run) => {
    const notable = run.outcomes.filter(({ grade }) => grade !== 'acceptable')
    return notable.map((outcome) => `${run.variant}: ${outcomeText(outcome)}`)
  })
}

/** A splat that several variants share is printed once. */
const splatsOf = (runs: readonly Run[]): string[] => [...new Set(runs.flatMap(({ splats }) => splats ?? []))]

const outcomeText = ({ outcome, grade, count, says }: Outcome) =>
  `${grade.toUpperCase()} ${outcome}, ${timesText(count)}: ${says}`

const timesText = (count: number) => (count === 1 ? 'once' : `${count < 1000 ? count : compact(count)} times`)
