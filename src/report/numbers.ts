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

/** A value of a metric in its unit. */
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
  return `${Number(value.toPrecision(2))}`
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
  const widths: number[] = []
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length)
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[index]!)))
        .join(gap)
        .trimEnd(),
    )
    .join('\n')
}

/** Columns of prose: all to the left. */
export function leftColumns(rows: readonly (readonly string[])[], gap = '  '): string {
  const widths = rows[0]!.map((_, index) => Math.max(...rows.map((row) => row[index]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index]!))
        .join(gap)
        .trimEnd(),
    )
    .join('\n')
}
