const STEPS = ['', 'k', 'M', 'G', 'T']
const TIMES = ['ns', 'us', 'ms', 's']

function scaled(value: number, units: readonly string[]): [string, string] {
  let rest = value
  let step = 0
  while (Math.abs(rest) >= 999.5 && step < units.length - 1) {
    rest /= 1000
    step += 1
  }
  return [Number(rest.toPrecision(3)).toString(), units[step]!]
}

/** A value in its unit, with three digits: `1.95 us`, `188k/s`, `4.2 %`. */
export function inUnit(value: number, unit: string): string {
  if (unit === 'ns') return scaled(value, TIMES).join(' ')
  const [digits, step] = scaled(value, STEPS)
  if (unit === '1' || unit === '') return `${digits}${step}`
  return unit === '1/s' ? `${digits}${step}/s` : `${digits}${step} ${unit}`
}

/** A value of a tail axis, 1 / (1 - p), as its percentile. */
export function percentileText(x: number): string {
  if (x <= 1) return '0 %'
  const percent = 100 * (1 - 1 / x)
  return `${Number(percent.toPrecision(Math.max(2, Math.ceil(Math.log10(x)) + 2)))} %`
}
