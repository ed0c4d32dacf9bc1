export const count = (value: number): string => value.toLocaleString('en-US')
/** 1 line, 2 lines. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

const UNITS = [
  { size: 1e9, name: 's' },
  { size: 1e6, name: 'ms' },
  { size: 1e3, name: 'us' },
]

/** 1234567 -> `1.23 ms`. */
export function time(ns: number): string {
  const { size, name } = UNITS.find((unit) => ns >= unit.size) ?? { size: 1, name: 'ns' }
  return `${count(Number((ns / size).toPrecision(3)))} ${name}`
}
