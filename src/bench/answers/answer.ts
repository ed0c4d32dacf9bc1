import type { Run } from '../result.ts'
import type { Scenario } from '../scenario.ts'
import { type Finding, findingOf } from './finding.ts'

/**
 * yes: the first deciding figure changed in the direction that the question claims, for the better unless it says otherwise. no: it changed the other way, or is shown
 * to be the same within the smallest effect. not-resolved: neither was shown. no-answer: a deciding figure is missing.
 */
export type AnswerVerdict = 'yes' | 'no' | 'not-resolved' | 'no-answer'

export type Answer = {
  readonly verdict: AnswerVerdict
  readonly baseline: string
  readonly candidate: string
  readonly kind: Run['kind']
  /** A recording determines its duration and its number of workers. */
  readonly isReplay: boolean
  /** The flag that leaves out tasks which the scenario has by default: --notifiers 0, --set agers=0. */
  readonly leftOut: string | null
  /** The plan ended before all trials of both were made. */
  readonly isCut: boolean
  /** In the order in which the scenario declares them; the first decides. */
  readonly findings: readonly Finding[]
}

/** Answers the scenario's question of a candidate against its baseline, or says why these runs cannot. */
export function answerOf(scenario: Scenario, baseline: Run, candidate: Run): Answer {
  const decides = scenario.decides.filter(({ appliesTo }) => appliesTo?.(baseline.params) ?? true)
  const findings = decides.map((decision) => findingOf(baseline, candidate, decision))
  return {
    verdict: verdictOf(findings, decides[0]!.claims ?? 'better'),
    baseline: baseline.variant,
    candidate: candidate.variant,
    kind: baseline.kind,
    isReplay: baseline.recorded !== undefined,
    leftOut: leftOutOf(scenario, baseline),
    isCut: [baseline, candidate].some(({ interrupted }) => interrupted !== undefined),
    findings,
  }
}

/** Parameters that count tasks. */
const COUNTS = ['agers', 'converters', 'updaters', 'dirty-loggers']

function leftOutOf({ crew, parameters }: Scenario, { params }: Run): string | null {
  if (params.notifiers === 0 && crew?.notifiers !== 0) return '--notifiers 0'
  const none = COUNTS.find((name) => params[name] === 0 && Number(parameters[name]?.default ?? 0) > 0)
  return none === undefined ? null : `--set ${none}=0`
}

function verdictOf(findings: readonly Finding[], claim: 'better' | 'worse'): AnswerVerdict {
  if (findings.some(({ verdict }) => verdict === 'missing')) return 'no-answer'
  const { verdict } = findings[0]!
  switch (verdict) {
    case 'better':
    case 'worse':
      return verdict === claim ? 'yes' : 'no'
    case 'other':
      return 'yes'
    case 'same':
      return 'no'
    default:
      return 'not-resolved'
  }
}
