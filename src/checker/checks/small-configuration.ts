import type { Configuration } from '../check.ts'
import type { Act } from './vm-program.ts'

/** A configuration of a small VM: what each of its actors does. */
export type SmallConfiguration = {
  readonly says: string
  readonly acts: readonly (readonly [string, Act])[]
  /** What the first of them does alone, before the others are there. */
  readonly before?: Act
} & Pick<Configuration, 'patience' | 'isLarge'>

/** The configurations by name, as a check declares them. */
export const declaredOf = (all: Readonly<Record<string, SmallConfiguration>>): readonly Configuration[] =>
  Object.entries(all).map(([name, { says, acts, patience, isLarge }]) => ({
    name,
    says,
    actors: acts.map(([actor]) => actor),
    ...(patience === undefined ? {} : { patience }),
    ...(isLarge === undefined ? {} : { isLarge }),
  }))
