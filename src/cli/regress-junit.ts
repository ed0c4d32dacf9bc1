import { isExactRun, runKey } from '../bench/gate/exact.ts'
import type { Failure } from '../bench/gate/failures.ts'
import type { Ranked } from '../bench/gate/ranking.ts'
import type { Result } from '../bench/result.ts'
import { rankingText } from '../report/gate-text.ts'
import type { Case, Finding, Suite } from '../report/junit-xml.ts'

/** The exact tier of one baseline: a case for each run, and a failure for each figure of it that fails the gate. */
export function exactSuite(
  file: string,
  was: Result,
  now: Result,
  figures: readonly Ranked[],
  failures: readonly Failure[],
): Suite {
  const runs = [...new Set([was, now].flatMap((result) => result.runs.filter(isExactRun).map(runKey)))]
  // A plan that asks the same twice has figures under a further name.
  const names = [...new Set([...runs, ...figures.map(({ run }) => run)])]
  return { name: file, cases: names.map((name) => caseOf(name, figures, failures)) }
}

function caseOf(name: string, figures: readonly Ranked[], failures: readonly Failure[]): Case {
  const own = figures.filter(({ run }) => run === name)
  const changed = own.map(
    (figure): Finding => ({
      kind: 'failure',
      type: figure.verdict,
      message: `${figure.figure}: ${figure.was ?? 'none'} -> ${figure.is ?? 'none'}`,
      text: rankingText({ figures: [figure], ignored: 0 }),
    }),
  )
  return {
    of: name.split(' ')[0]!,
    name,
    seconds: 0,
    findings: [...failures.filter(({ run }) => run === name).map(findingOf), ...changed],
    isSkipped: false,
    output: own.length === 0 ? 'every figure as it was' : `${own.length} figure${own.length === 1 ? '' : 's'} changed`,
  }
}

export const findingOf = ({ kind, says }: Failure): Finding =>
  kind === 'forbidden'
    ? { kind: 'failure', type: kind, message: says, text: says }
    : { kind: 'error', type: kind, message: says, text: says }

/** The measured tier: one case, with the table as its output. `worse`: what of it fails the gate; `isSkipped`: nothing was compared. */
export const measuredSuite = (
  ref: string,
  text: string,
  failures: readonly Failure[],
  worse: string | undefined,
  isSkipped: boolean,
): Suite => ({
  name: `measured against ${ref}`,
  cases: [
    {
      of: 'regress',
      name: `against ${ref}`,
      seconds: 0,
      findings: [
        ...failures.map(findingOf),
        ...(worse === undefined ? [] : [{ kind: 'failure' as const, type: 'worse', message: worse, text: worse }]),
      ],
      isSkipped,
      output: text,
    },
  ],
})
