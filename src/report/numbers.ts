import { isShare } from '../bench/metrics.ts'
import { wrapped } from './fit.ts'
import { padEnd, padStart, widthOf } from './tones.ts'

const THOUSANDS = ['', 'k', 'M', 'G', 'T']
const TIMES = ['ns', 'us', 'ms', 's']

/** Three significant digits, as `1.95`, `188k`, `0.0042`. */
export function compact(value: number): string {
  if (value === 0) return '0'
  let scaled = value
  let step = 0
  while (Math.abs(scaled) >= 999.5 && step < THOUSANDS.length - 1) {
    scaled /= 1000
    step += 1
  }
  return `${digits(scaled)}${THOUSANDS[step]}`
}

/** A count: small counts are whole numbers. */
export const count = (value: number): string => (value < 1000 ? String(value) : compact(value))

/** `585 ns`, `36.3 us`, `7.47 ms`. */
export function time(ns: number): string {
  let scaled = ns
  let step = 0
  while (Math.abs(scaled) >= 999.5 && step < TIMES.length - 1) {
    scaled /= 1000
    step += 1
  }
  return `${digits(scaled)} ${TIMES[step]}`
}

export const share = (value: number): string => `${digits(value * 100)} %`

/** A value of a metric as a person reads it: a part of a whole in percent, everything else in its unit. */
export const valueText = (metric: string, value: number, unit: string): string =>
  isShare(metric) ? share(value) : inUnit(value, unit)

/** A value in its unit. */
export function inUnit(value: number, unit: string): string {
  if (unit === 'ns') return time(value)
  return compact(value)
}

function digits(value: number): string {
  const magnitude = Math.abs(value)
  if (magnitude === 0) return '0'
  if (magnitude >= 99.95) return value.toFixed(0)
  if (magnitude >= 9.995) return value.toFixed(1)
  if (magnitude >= 0.9995) return value.toFixed(2)
  const rounded = Number(value.toPrecision(2))
  return Math.abs(rounded) === 1 ? rounded.toFixed(2) : `${rounded}`
}

/** Below this a ratio is said the other way round. */
const SMALLEST_RATIO = 0.01

/** `1.50x [1.46, 1.53]`, or `1.50x` where there is no doubt; `3,030x less` where a ratio would be all zeros. */
export function ratioText(ratio: number, [low, high]: readonly [number, number]): string {
  const isFarLess = ratio > 0 && ratio < SMALLEST_RATIO
  const value = (part: number) => (isFarLess ? grouped(1 / part) : grouped(part))
  const ends = isFarLess ? [high, low] : [low, high]
  const unit = isFarLess ? 'x less' : 'x'
  if (low === ratio && high === ratio) return `${value(ratio)}${unit}`
  return `${value(ratio)}${unit} [${ends.map((end) => value(end!)).join(', ')}]`
}

/** Three significant digits with separators: `0.33`, `26.3`, `6,580`. */
function grouped(value: number): string {
  if (!Number.isFinite(value)) return 'unbounded'
  return Math.abs(value) < 999.5 ? digits(value) : Number(value.toPrecision(3)).toLocaleString('en')
}

/** Columns of text: the first to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[], gap = '  '): string {
  const widths = widthsOf(rows)
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index === 0 ? padEnd(cell, widths[0]!) : padStart(cell, widths[index]!)))
        .join(gap)
        .trimEnd(),
    )
    .join('\n')
}

/** The last column of prose needs so much to be read beside the others. */
const READABLE = 24

/** Left-aligned columns of text. If the last is too wide for the line, it wraps below itself, or below the row. */
export function leftColumns(rows: readonly (readonly string[])[], width?: number, gap = '  '): string {
  const widths = widthsOf(rows)
  const before = widths.slice(0, -1).reduce((sum, each) => sum + each + gap.length, 0)
  return rows
    .map((row) => {
      const others = row.slice(0, -1).map((cell, index) => padEnd(cell, widths[index]!))
      const line = [...others, row.at(-1)!].join(gap).trimEnd()
      if (width === undefined || widthOf(line) <= width) return line
      if (width - before >= READABLE) return wrapped(line, width, before).join('\n')
      return [...wrapped(others.join(gap).trimEnd(), width), ...wrapped(`  ${row.at(-1)!}`, width, 2)].join('\n')
    })
    .join('\n')
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, widthOf(cell))
  return widths
}
