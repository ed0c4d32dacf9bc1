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

/** `1.50x [1.46, 1.53]`, or `1.50x` where there is no doubt. */
export function ratioText(ratio: number, [low, high]: readonly [number, number]): string {
  if (low === ratio && high === ratio) return `${digits(ratio)}x`
  return `${digits(ratio)}x [${digits(low)}, ${digits(high)}]`
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
