import { FaultlineError } from '../errors/faultline-error.ts'

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 }

/** `400ms`, `1.5s`, `2m`; a bare number is seconds, as for sleep(1). */
export function milliseconds(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(us|ms|s|m)?$/.exec(text.trim())
  // In whole ns: 700us are 0.7 ms, and not 0.7000000000000001.
  const value = match === null ? Number.NaN : Math.round(Number(match[1]) * UNITS[match[2] ?? 's']! * 1e6) / 1e6
  if (value > 0 && Number.isFinite(value)) return value
  throw new FaultlineError('BAD_DURATION', 'usage', `--${flag} is '${text}', which is not a time`, {
    hint: `Write it with its unit, such as --${flag} 400ms or --${flag} 2s.`,
  })
}

/** The distinct names in a list: a run that is requested twice would be compared with itself. */
export const namesIn = (text: string): string[] => [...new Set(text.split(',').map((name) => name.trim()))]

/** A longer list is taken for a mistake. */
const MOST_NUMBERS = 10_000

const tooMany = (flag: string, text: string, count: number) =>
  new FaultlineError(
    'MANY_NUMBERS',
    'usage',
    `--${flag} is '${text}', which is ${count} numbers, more than ${MOST_NUMBERS}`,
    {
      hint: `Write --${flag} 1..8, or split the plan into several.`,
    },
  )

/** `1,2,4`, `1..64`, `3`: whole numbers from `low` to `high`, each once. */
export function integers(flag: string, text: string, low: number, high: number): number[] {
  let count = 0
  const isFine = (value: number) => value >= low && value <= high
  const values = text.split(',').flatMap((part) => {
    const [, from, to = from] = /^(\d+)(?:\.\.(\d+))?$/.exec(part.trim()) ?? []
    const [first, last] = [Number(from), Number(to)]
    if (!isFine(first) || !isFine(last) || last < first) return [Number.NaN]
    count += last - first + 1
    if (count > MOST_NUMBERS) throw tooMany(flag, text, count)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
  if (values.every(isFine)) return [...new Set(values)]
  throw new FaultlineError(
    'BAD_NUMBERS',
    'usage',
    `--${flag} is '${text}', which is not a list of whole numbers from ${low} to ${high}`,
    {
      hint: `Write --${flag} 4, --${flag} 1,2,4 or --${flag} 1..8.`,
    },
  )
}

/** A whole number. */
export function integer(flag: string, text: string, low: number, high: number): number {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN
  if (value >= low && value <= high) return value
  throw new FaultlineError(
    'BAD_NUMBER',
    'usage',
    `--${flag} is '${text}', which is not a whole number from ${low} to ${high}`,
    {
      hint: `Write --${flag} ${Math.max(low, 1)}.`,
    },
  )
}

/** A share: `0.5%`, `0.5 %` or `0.005`. */
export function shareOf(flag: string, text: string): number {
  const [, digits, sign] = /^(\d+(?:\.\d+)?)\s*(%)?$/.exec(text.trim()) ?? []
  const value = Number(digits) / (sign === undefined ? 1 : 100)
  if (value >= 0 && value < 1) return value
  throw new FaultlineError('BAD_SHARE', 'usage', `--${flag} is '${text}', which is not a share from 0 to below 100 %`, {
    hint: `Write --${flag} 0.5%.`,
  })
}

/** The size from which a worse figure fails: `worse:5%` is 0.05. */
export function leastOf(text: string): number {
  const [, share, sign] = /^worse(?::(\d+(?:\.\d+)?)\s*(%)?)?$/.exec(text.trim()) ?? [undefined, 'none']
  if (share === undefined) return 0
  // A latency may be worse by more than 100 %.
  if (share !== 'none') return Number(share) / (sign === undefined ? 1 : 100)
  throw new FaultlineError('BAD_FAIL_ON', 'usage', `--fail-on is '${text}', which is not worse or worse:SHARE`, {
    hint: 'Write --fail-on worse, or --fail-on worse:5%.',
  })
}
