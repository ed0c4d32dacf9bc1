import type { Cause, Shift } from '../bench/gate/causes.ts'
import type { Failure } from '../bench/gate/failures.ts'
import type { Ranked, Ranking } from '../bench/gate/ranking.ts'
import { percent } from './compare-cells.ts'
import { columns } from './numbers.ts'

/** The number of changed figures that are printed; the others are counted. */
const SHOWN = 15
const WORST_FIRST = ['worse', 'better', 'changed'] as const

/** The exact figures that changed, the worst first: for a terminal, and for a commit message. */
export function rankingText({ figures }: Ranking): string {
  const name = shortNames(figures.map(({ run }) => run))
  const rows = figures.slice(0, SHOWN).map((figure) => rowOf(figure, name))
  const more = figures.length > SHOWN ? [`and ${figures.length - SHOWN} more`] : []
  return [columns(rows), ...more].join('\n')
}

/** Parameters are a part of a run's name only where two runs would have the same name without them. */
function shortNames(runs: readonly string[]): (run: string) => string {
  const [all, short] = [[...new Set(runs)], (run: string) => run.split(', ')[0]!]
  return (run) => (all.filter((other) => short(other) === short(run)).length > 1 ? run : short(run))
}

function rowOf(
  { run, figure, was, is, change, verdict, seeds, also }: Ranked,
  name: (run: string) => string,
): string[] {
  const size = change === null ? '' : signed(change)
  const others = also.length === 0 ? '' : `so did ${also[0]}${also.length > 1 ? ` and ${also.length - 1} more` : ''}`
  const range = seeds.length < 2 ? '' : `seeds ${signed(Math.min(...seeds))} to ${signed(Math.max(...seeds))}`
  const remarks = [range, others].filter((part) => part !== '').join('; ')
  return [verdict, size, name(run), figure, shownValue(was), '->', shownValue(is), remarks === '' ? '' : `(${remarks})`]
}

const shownValue = (value: string | number | null) => (value === null ? 'none' : String(value))

const signed = (change: number): string => {
  const size = Math.abs(change) * 100
  return `${change < 0 ? '-' : '+'}${Number(size.toPrecision(3))} %`
}

/** `3 worse, 1 better, 90 changed; 12 changed by less than 0.5 % and are ignored` */
export function countText({ figures, ignored }: Ranking, ignoreBelow: number): string {
  const counts = WORST_FIRST.flatMap((verdict) => {
    const count = figures.filter((figure) => figure.verdict === verdict).length
    return count === 0 ? [] : [`${count} ${verdict}`]
  })
  const left =
    ignoreBelow === 0
      ? []
      : [`${ignored} changed by less than ${percent(ignoreBelow)}, which --ignore-below leaves out`]
  return [counts.join(', '), ...left].filter((part) => part !== '').join('; ')
}

/** A failure that no figure can compensate; it is printed before the figures. */
export const failureText = ({ run, kind, says }: Failure): string =>
  kind === 'forbidden' ? `FORBIDDEN  ${run}\n  ${says}` : `FAILED  ${run}\n  ${says}`

/** `cost.zap_spte_ns is 158 instead of 150: faults_per_second -2.1 %; with 150 every figure is as it was` */
export function causeText(causes: readonly Cause[], lead: Ranked | undefined, stillOther: number): string {
  const what = causes.map(({ parameter, was, is }) => `${parameter} is ${is} instead of ${was}`).join(', ')
  const worst = lead === undefined || lead.change === null ? '' : `: ${lead.figure} ${signed(lead.change)}`
  const rest =
    stillOther === 0
      ? 'these costs explain all changes: with the old values, every figure is unchanged'
      : `these costs do not explain all changes: with the old values, ${stillOther} figures still differ`
  return `${what}${worst}; ${rest}`
}

/** `vcpu: 12 % of its time instead of 9.1 % in lock-queue` */
export const shiftText = ({ role, into, was, is }: Shift): string =>
  `the ${role} spent ${percent(is)} of its time in ${into} instead of ${percent(was)}`
