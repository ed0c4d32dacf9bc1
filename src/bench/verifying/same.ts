import { runKey } from '../gate/exact.ts'
import type { Run } from '../result.ts'

/** Statements of a run that are missing when it is computed again; figures are compared bit for bit elsewhere. */
export function otherWords(own: readonly Run[], again: readonly Run[]): string[] {
  const waiting = new Map<string, Run[]>()
  for (const run of again) waiting.set(runKey(run), [...(waiting.get(runKey(run)) ?? []), run])
  return own.flatMap((run) => {
    const other = waiting.get(runKey(run))?.shift()
    return other === undefined
      ? []
      : differences(withoutPoint(run), other).map((path) => `${runKey(run)}: ${path} is not what it says`)
  })
}

/** The place of a run in a plan of several parts does not count. */
const withoutPoint = ({ point: _, ...run }: Run) => run

/** Objects in which names are data. */
const MAPS = /(^|\.)(machine|ns|params)$/

/** Paths of values in which the two differ. Values that only the other has were added by a newer version. */
function differences(was: unknown, is: unknown, path = ''): string[] {
  if (typeof was !== 'object' || was === null) return Object.is(was, is) ? [] : [path]
  if (typeof is !== 'object' || is === null) return [path]
  if (Array.isArray(was) && was.length !== (is as unknown[]).length) return [path]
  if (MAPS.test(path) && Object.keys(was).length !== Object.keys(is).length) return [path]
  return Object.entries(was).flatMap(([name, value]) => {
    const other = Object.hasOwn(is, name) ? (is as Readonly<Record<string, unknown>>)[name] : undefined
    return value === undefined ? [] : differences(value, other, path === '' ? name : `${path}.${name}`)
  })
}
