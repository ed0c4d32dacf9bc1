import { type AnswerVerdict, answerOf } from '../../bench/answers/answer.ts'
import type { Run } from '../../bench/result.ts'
import type { Scenario } from '../../bench/scenario.ts'
import { SCENARIOS } from '../../bench/scenarios/all.ts'
import { answerText, decidingText, VERDICTS } from '../answer.ts'
import { isBroken } from '../groups.ts'
import type { Section } from './spec.ts'

export const scenarioOf = (run: Run): Scenario | undefined => SCENARIOS.find(({ name }) => name === run.scenario)

type PageAnswer = Section['answers'][number] & {
  readonly verdict: AnswerVerdict
  readonly variant: string
  /** The verdict with the figure that decides. */
  readonly brief: string
}

/** What each variant comes to beside the first good one. */
export function answersOf(scenario: Scenario | undefined, runs: readonly Run[]): PageAnswer[] {
  if (scenario === undefined || scenario.kind === 'primitives') return []
  const [baseline, ...others] = runs.filter((run) => !isBroken(scenario, run) && run.trials.length > 0)
  if (baseline === undefined) return []
  return others.map((run) => {
    const answer = answerOf(scenario, baseline, run)
    const of = others.length === 1 ? '' : `${run.variant}: `
    const brief = `${of}${VERDICTS[answer.verdict]}, ${decidingText(answer)}`
    return { verdict: answer.verdict, text: answerText(answer), variant: run.variant, brief }
  })
}
