import type { NamedCommand } from '../command.ts'
import type { Flag } from '../flag-table.ts'

/** A command with its flags and the completions of its first argument. */
export type Whole = Pick<NamedCommand, 'name' | 'summary'> & {
  readonly flags: readonly Flag[]
  readonly first: readonly string[]
}

/** The variants of each scenario. */
export type Variants = Readonly<Record<string, readonly string[]>>

/** Everything that a shell can complete. */
export type Offered = { readonly commands: readonly Whole[]; readonly variants: Variants }

/** The flag whose values depend on the scenario that is named in the line. */
export const isVariant = ({ name }: Flag): boolean => name === 'variant'

export const allOf = (variants: Variants): string[] => [...new Set(Object.values(variants).flat())]

/** In single quotes of a shell. */
export const quoted = (text: string): string => text.replaceAll("'", "'\\''")
