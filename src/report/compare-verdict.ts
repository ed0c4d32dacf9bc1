import type { Change, Comparison } from '../bench/comparing/compare.ts'
import { isLost } from '../bench/comparing/missing.ts'
import { ratioChange, wouldShow } from './compare-cells.ts'
import { compact } from './numbers.ts'
import { PLAIN, type Style } from './tones.ts'

/** The number of figures named in the first line. */
const NAMED = 3

/** The result of a comparison in one line: worse and missing figures first. */
export function verdictText(comparison: Comparison, { paint }: Style = PLAIN): string {
  const { changes, missing } = comparison
  const decisive = changes.filter(
    ({ role, sameAs, test }) => (role === 'primary' || test.method === 'exact') && !sameAs,
  )
  const worse = listed(decisive, 'worse')
  const better = listed(decisive, 'better')
  const lost = missing.filter(isLost).map(({ line, metric, is }) => `${nameOf(line)} ${metric ?? 'run'} is ${is}`)
  const parts = [
    ...(worse.length === 0 ? [] : [`${paint('Worse:', 'worse')} ${some(worse)}`]),
    ...(lost.length === 0 ? [] : [`On one side only: ${some(lost)}`]),
    ...(better.length === 0 ? [] : [`${paint('Better:', 'better')} ${some(better)}`]),
  ]
  if (parts.length > 0) return `${parts.join('. ')}.`
  return changes.length === 0 ? 'Nothing to compare.' : unresolvedText(decisive)
}

function unresolvedText(decisive: readonly Change[]): string {
  const measured = decisive.filter(({ verdict }) => verdict === 'unresolved')
  if (measured.length === 0) return 'No change.'
  if (measured.some(({ isOverTime }) => isOverTime)) {
    return 'Not comparable: the host differs from itself over time; use --ab.'
  }
  const least = measured.map(({ test }) => test.detectable)
  const open = least.filter((size) => size === null).length
  const largest = Math.max(0, ...least.filter((size) => size !== null))
  const stated =
    open === 0
      ? `${wouldShow(largest)} would have shown${measured.length === 1 ? '' : ' in each'}`
      : `${open} of them could not have shown any`
  const figures = measured.length === 1 ? 'the figure that decides' : `${measured.length} figures that decide`
  return `No change was found in ${figures}; ${stated}.`
}

/** The largest first. */
function listed(changes: readonly Change[], verdict: Change['verdict']): string[] {
  return changes
    .filter((change) => change.verdict === verdict)
    .toSorted((a, b) => sizeOf(b) - sizeOf(a))
    .map(({ line, metric, test: { ratio }, base, head }) => {
      const size = ratio === null ? `from ${compact(base.median)} to ${compact(head.median)}` : ratioChange(ratio)
      return `${nameOf(line)} ${metric} ${size}`
    })
}

const sizeOf = ({ test: { ratio } }: Change) =>
  ratio === null || ratio === 0 ? Number.MAX_VALUE : Math.abs(Math.log(ratio))

const nameOf = (line: Change['line']): string =>
  [line.scenario, line.variant].filter((part) => part !== undefined).join(' ')

function some(all: readonly string[]): string {
  const shown = all.slice(0, NAMED).join(', ')
  return all.length > NAMED ? `${shown} and ${all.length - NAMED} more` : shown
}
