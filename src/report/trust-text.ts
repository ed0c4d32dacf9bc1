import type { How } from '../bench/trust/simulate.ts'
import { columns } from './numbers.ts'

/** One line of the table: how often the verdict is wrong, and how often it finds a planted difference. */
export type TrustRow = {
  readonly noise: string
  readonly how: How
  readonly pairs: number
  readonly verdict: number
  readonly any: number
  /** By the size that was planted. */
  readonly found: readonly number[]
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`

/** False alarms and power, by noise and by how both sides were measured. */
export function trustText(rows: readonly TrustRow[], shifts: readonly number[]): string {
  const sizes = shifts.map((shift) => `+${Math.round(shift * 100)} % found`)
  const header = ['', '', 'pairs', 'verdict alarms', 'any figure alarms', ...sizes]
  const lines = rows.map(({ noise, how, pairs, verdict, any, found }) => {
    return [noise, how, String(pairs), percent(verdict), percent(any), ...found.map(percent)]
  })
  return columns([header, ...lines])
}
