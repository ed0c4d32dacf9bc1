import type { Run } from '../bench/result.ts'
import { variedAmong } from '../bench/swept.ts'

type Groups = readonly (readonly Run[])[]
type Value = string | number

/** The values of parameters that a run does not record. */
const UNSAID: Readonly<Record<string, Value>> = { words: 'atomics' }

/** Where a load lies in a sweep: its value of a parameter, or its machine. */
export const valueAt = ({ machine, params }: Run, name: string): Value =>
  name === 'machine' ? machine : (params[name] ?? UNSAID[name] ?? '-')

/** Parameters that have several values among these groups: what a sweep varies. */
export const variedIn = (groups: Groups): string[] =>
  variedAmong(groups.map(([run]) => ({ ...UNSAID, ...run!.params, machine: run!.machine })))

/** The values of a parameter; numbers by size, names as the plan has them. */
export type SweptAxis = {
  readonly name: string
  readonly values: readonly Value[]
  /** Whether the values have an order: names and seeds have none. */
  readonly isOrdered: boolean
}

export function axisOf(groups: Groups, name: string): SweptAxis {
  const values = [...new Set(groups.map(([run]) => valueAt(run!, name)))]
  const isOrdered =
    name !== 'seed' && values.every((value) => String(value).trim() !== '' && Number.isFinite(Number(value)))
  return { name, values: isOrdered ? values.sort((a, b) => Number(a) - Number(b)) : values, isOrdered }
}

/**
 * The parameter along which curves are drawn: the number of vCPUs if it varies, else the first parameter with an order; undefined if all are names.
 */
export function alongOf(groups: Groups, varied: readonly string[]): string | undefined {
  const ordered = varied.filter((name) => axisOf(groups, name).isOrdered)
  return ordered.includes('vcpus') ? 'vcpus' : ordered[0]
}

/** Loads that differ in one parameter only, along which they are sorted; one line for each combination of the others. */
export function linesAlong(
  groups: Groups,
  varied: readonly string[],
  along: string,
): { readonly of: string; readonly groups: Groups }[] {
  const others = varied.filter((name) => name !== along)
  const lines = new Map<string, (readonly Run[])[]>()
  for (const group of groups) {
    const of = others.map((name) => `${name} ${valueAt(group[0]!, name)}`).join(', ')
    const line = lines.get(of)
    if (line === undefined) lines.set(of, [group])
    else line.push(group)
  }
  return [...lines].map(([of, own]) => ({
    of,
    groups: own.toSorted(([a], [b]) => Number(valueAt(a!, along)) - Number(valueAt(b!, along))),
  }))
}
