import type { Deviation } from '../bench/gate/exact.ts'
import { columns } from './numbers.ts'

/** As many deviations of one run as are printed; the others are counted. */
const SHOWN = 12

/** Which exact figures are not what they were, run by run: for a terminal, and for a commit message. */
export function deviationText(deviations: readonly Deviation[]): string {
  const runs = [...new Set(deviations.map(({ run }) => run))]
  return runs
    .map((run) => {
      const own = deviations.filter((deviation) => deviation.run === run)
      const rows = own
        .slice(0, SHOWN)
        .map(({ figure, was, is }) => [`  ${figure}`, shown(was), '->', shown(is), size(was, is)])
      const more = own.length > SHOWN ? [`  and ${own.length - SHOWN} figures more`] : []
      return [run, columns(rows), ...more].join('\n')
    })
    .join('\n')
}

const shown = (value: string | number | null) => (value === null ? 'none' : String(value))

function size(was: string | number | null, is: string | number | null): string {
  if (typeof was !== 'number' || typeof is !== 'number' || was === 0) return ''
  const change = (is / was - 1) * 100
  return `${change < 0 ? '' : '+'}${change.toPrecision(3)} %`
}
