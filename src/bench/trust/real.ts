import { compare } from '../comparing/compare.ts'
import { BY_FILE, BY_REVISION } from '../comparing/layout.ts'
import type { Result, Run } from '../result.ts'
import type { How, Shares } from './simulate.ts'

/** Measurements of the same code on a host: pairs of interleaved runs, and consecutive files. */
export type Measured = { readonly pairs: readonly Result[]; readonly files: readonly Result[] }

/** The figure that a change is planted in. */
const PLANTED = 'faults_per_second'

/** Compares real results of the same code, as they are or with a change that was planted in one figure of one side. */
export function judgeReal(
  { pairs, files }: Measured,
  how: How,
  shift: number,
  alpha: number,
): Shares & { count: number } {
  const all = how === 'interleaved' ? pairs.map((pair) => [pair, pair] as const) : couples(files)
  let [verdict, any, found] = [0, 0, 0]
  for (const [one, other] of all) {
    const { changes } = compare(how === 'interleaved' ? revisions(one, shift) : apart(one, other, shift), {
      by: how === 'interleaved' ? BY_REVISION : BY_FILE,
      alpha,
      force: false,
      metrics: [],
    })
    const claimed = changes.filter((change) => change.verdict === 'better' || change.verdict === 'worse')
    if (claimed.some(({ role }) => role === 'primary')) verdict += 1
    if (claimed.length > 0) any += 1
    if (claimed.some(({ metric }) => metric === PLANTED)) found += 1
  }
  const count = all.length
  return { verdict: verdict / count, any: any / count, found: found / count, count }
}

/** Each file with the one after it. */
const couples = (files: readonly Result[]) => files.slice(1).map((file, index) => [files[index]!, file] as const)

const apart = (base: Result, head: Result, shift: number) => [
  { name: 'base', result: base },
  { name: 'head', result: { ...head, runs: head.runs.map((run) => planted(run, shift)) } },
]

function revisions(result: Result, shift: number) {
  const [a, b] = result.runs as readonly [Run, Run]
  const runs = [
    { ...a, revision: { name: 'base', git: null, side: 'base' as const } },
    { ...planted(b, shift), revision: { name: 'head', git: null, side: 'head' as const } },
  ]
  return [{ name: 'pair', result: { ...result, runs } }]
}

function planted(run: Run, shift: number): Run {
  const trials = run.trials.map((trial) => {
    const value = trial.metrics[PLANTED]
    return value === undefined ? trial : { ...trial, metrics: { ...trial.metrics, [PLANTED]: value * (1 + shift) } }
  })
  return { ...run, trials }
}
