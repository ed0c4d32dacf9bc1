import { BY_FILE } from '../bench/comparing/layout.ts'
import { part } from './export/escape.ts'

type Names = Readonly<Record<string, string | number>>

/** Not part of a benchmark's name in the Go sense: configuration of its machine, or of the whole file. */
const ELSEWHERE = [BY_FILE, 'machine', 'kind', 'scenario', 'variant']

/**
 * A benchmark's name in Go's grammar: `Precheck/variant=no-precheck/vcpus=1/range=512`. Slashes and spaces of values would end
 * a part or the name.
 */
export function benchName(line: Names, without: readonly string[] = []): string {
  const base = String(line.scenario ?? 'all')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
  const variant = line.variant === undefined ? {} : { variant: line.variant }
  const parts = Object.entries({ ...variant, ...line })
    .filter(([name]) => !without.includes(name) && (name === 'variant' || !ELSEWHERE.includes(name)))
    .map(([name, value]) => `/${part(name)}=${part(String(value))}`)
  return `${base}${parts.join('')}`
}
