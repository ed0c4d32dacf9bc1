import { type AnswerVerdict, answerOf } from '../../bench/answers/answer.ts'
import type { Run } from '../../bench/result.ts'
import type { Scenario } from '../../bench/scenario.ts'
import { SCENARIOS } from '../../bench/scenarios/all.ts'
import { answerText } from '../answer.ts'
import { isBroken } from '../groups.ts'
import type { Section } from './spec.ts'

export const scenarioOf = (run: Run): Scenario | undefined => SCENARIOS.find(({ name }) => name === run.scenario)

/** What each variant comes to beside the first good one. */
export function answersOf(
  scenario: Scenario | undefined,
  runs: readonly Run[],
): (Section['answers'][number] & { readonly verdict: AnswerVerdict; readonly variant: string })[] {
  if (scenario === undefined || scenario.kind === 'primitives') return []
  const [baseline, ...others] = runs.filter((run) => !isBroken(scenario, run) && run.trials.length > 0)
  if (baseline === undefined) return []
  return others.map((run) => {
    const answer = answerOf(scenario, baseline, run)
    return { verdict: answer.verdict, text: answerText(answer), variant: run.variant }
  })
}
