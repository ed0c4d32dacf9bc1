import type { Run } from '../result.ts'
import type { Scenario } from '../scenario.ts'
import { type Finding, findingOf } from './finding.ts'

/**
 * yes: the first deciding figure changed in the direction that the question claims. no: it changed the other way, or is shown
 * to be the same within the smallest effect. not-resolved: neither was shown. no-answer: a deciding figure is missing.
 */
export type AnswerVerdict = 'yes' | 'no' | 'not-resolved' | 'no-answer'

export type Answer = {
  readonly verdict: AnswerVerdict
  readonly baseline: string
  readonly candidate: string
  readonly kind: Run['kind']
  /** How long it takes, and of how many workers, is up to a recording. */
  readonly isReplay: boolean
  /** No role invalidates, where the scenario has one that does: --notifiers 0. */
  readonly isWithoutNotifier: boolean
  /** In the order in which the scenario declares them; the first decides. */
  readonly findings: readonly Finding[]
}

/** Answers the scenario's question of a candidate against its baseline, or says why these runs cannot. */
export function answerOf(scenario: Scenario, baseline: Run, candidate: Run): Answer {
  const decides = scenario.decides.filter(({ appliesTo }) => appliesTo?.(baseline.params) ?? true)
  const findings = decides.map((decision) => findingOf(baseline, candidate, decision))
  return {
    verdict: verdictOf(findings),
    baseline: baseline.variant,
    candidate: candidate.variant,
    kind: baseline.kind,
    isReplay: baseline.recorded !== undefined,
    isWithoutNotifier: baseline.params.notifiers === 0 && scenario.crew?.notifiers !== 0,
    findings,
  }
}

function verdictOf(findings: readonly Finding[]): AnswerVerdict {
  if (findings.some(({ verdict }) => verdict === 'missing')) return 'no-answer'
  switch (findings[0]!.verdict) {
    case 'better':
    case 'other':
      return 'yes'
    case 'worse':
    case 'same':
      return 'no'
    default:
      return 'not-resolved'
  }
}
