import { type AnswerVerdict, answerOf } from '../../bench/answers/answer.ts'
import type { Run } from '../../bench/result.ts'
import type { Scenario } from '../../bench/scenario.ts'
import { SCENARIOS } from '../../bench/scenarios/all.ts'
import { answerText, decidingText, ranking, VERDICTS } from '../answer.ts'
import { caught } from '../caught.ts'
import { askedOf, isBroken } from '../groups.ts'
import { fitnessOf } from '../replayed-text.ts'
import type { Section } from './spec.ts'

export const scenarioOf = (run: Run): Scenario | undefined => SCENARIOS.find(({ name }) => name === run.scenario)

type PageAnswer = Section['answers'][number] & {
  readonly verdict: AnswerVerdict
  readonly variant: string
  /** The verdict with the figure that decides. */
  readonly brief: string
}

/** The result of each variant compared with the first good one. */
export function answersOf(scenario: Scenario | undefined, runs: readonly Run[]): PageAnswer[] {
  if (scenario === undefined || scenario.kind === 'primitives') return []
  const [baseline, ...others] = askedOf(runs.filter((run) => !isBroken(scenario, run) && run.trials.length > 0))
  if (baseline === undefined) return []
  return others.map((run) => {
    const answer = answerOf(scenario, baseline, run)
    const of = others.length === 1 ? '' : `${run.variant}: `
    const brief = `${of}${VERDICTS[answer.verdict]}, ${decidingText(answer)}`
    return { verdict: answer.verdict, text: answerText(answer), variant: run.variant, brief }
  })
}

/** The text above the figures of a load, and the runs that have figures. */
type Said = {
  readonly answers: Section['answers']
  readonly gist: string
  readonly warnings: readonly string[]
  readonly shown: readonly Run[]
}

/** As on the terminal: of a replay that misses its own recording nothing else is said, and of a broken variant whether it was caught. */
export function notesOf(scenario: Scenario | undefined, runs: readonly Run[]): Said {
  const { first, instead, shown, warnings } = fitnessOf(runs)
  if (instead !== null) {
    const answers = [...first, ...instead].map((text) => ({ verdict: 'no-answer', text }))
    return { answers, gist: first.join(' '), warnings, shown: shown.length === 0 ? runs : shown }
  }
  const compared = answersOf(scenario, runs)
  const others = scenario === undefined ? [] : besides(scenario, runs)
  return {
    answers: [...compared.map(({ verdict, text }) => ({ verdict, text })), ...others],
    gist: [...compared.map(({ brief }) => brief), ...others.map(({ text }) => text)].join('; '),
    warnings,
    shown: runs,
  }
}

function besides(scenario: Scenario, runs: readonly Run[]): Section['answers'] {
  const measured = runs.filter(({ trials }) => trials.length > 0)
  const broken = runs.filter((run) => isBroken(scenario, run) && run.trials.length + run.outcomes.length > 0)
  const ranked = scenario.kind === 'primitives' && measured.length > 1 ? [ranking(scenario, measured)] : []
  return [...ranked, ...broken.map((run) => caught(scenario, run))].map((text) => ({ verdict: 'finding', text }))
}
