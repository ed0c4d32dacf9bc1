import type { Refinement } from '../bench/frontier/refine.ts'
import type { Group } from '../bench/plan.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { integer } from './flags.ts'
import { MOST_POINTS } from './plan-size.ts'
import type { Point } from './sweep.ts'

/** The requested refinement of a plan: `groupsAt` creates the groups of a point of its sweep; `swept` has the existing ones. */
export function refinementOf(
  text: string | undefined,
  points: readonly Point[],
  swept: readonly (readonly Group[])[],
  groupsAt: (point: Point) => readonly Group[],
): Refinement | undefined {
  if (text === undefined) return undefined
  const names = points[0]!.map(([name]) => name)
  if (points.length < 2) {
    throw wrong('--refine narrows the frontier of a sweep, but nothing is swept', 'Add --sweep vcpus=1,16,32,63.')
  }
  const alone = swept.flat().find(({ variants }) => variants.length < 2)
  if (alone !== undefined) {
    throw wrong(
      `--refine narrows the frontier between variants, but ${alone.variants[0]!.name} runs alone`,
      'Name two variants or more with --variant.',
    )
  }
  const places = points.flatMap((point, index) =>
    swept[index]!.map((_, family) => ({ family, at: point.map(([, value]) => value) })),
  )
  const groupAt: Refinement['groupAt'] = (family, at) => {
    try {
      return groupsAt(names.map((name, axis) => [name, at[axis]!] as const))[family]
    } catch (cause) {
      // Between two loads that can be there may be one that cannot.
      if (cause instanceof FaultlineError && cause.kind === 'usage') return undefined
      throw cause
    }
  }
  return { most: integer('refine', text, 1, MOST_POINTS), names, places, groupAt }
}

const wrong = (message: string, hint: string) => new FaultlineError('NOTHING_TO_REFINE', 'usage', message, { hint })
