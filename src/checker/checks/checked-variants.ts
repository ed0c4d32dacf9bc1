import { VARIANTS, type VariantNameOf } from '../../protocols/catalogue.ts'
import type { Subject } from '../../protocols/kernel.ts'
import type { OracleName } from '../../protocols/oracles.ts'
import type { CheckedVariant } from '../check.ts'
import type { MemoryModel } from '../memory/model.ts'

/** The expected finding for a variant. `F`: findings that only this check has. */
type Finds<F extends string> = {
  /** One of these must be found. */
  readonly finds: readonly (OracleName | 'deadlock' | 'livelock' | F)[]
  /** The configuration that shows it; by default the first. */
  readonly in?: string | readonly string[]
  /** A kernel version with a known fault: everywhere else it must hold. */
  readonly holdsElsewhere?: true
  /** Under which memory models the fault shows, if not under all. */
  readonly memory?: readonly MemoryModel[]
}

/** Why there is nothing to be found in a variant. */
type Unchecked = { readonly unchecked: string }

/** An entry for each broken variant of the subject, and for rejected good ones with the property that they violate. */
type Found<S extends Subject, F extends string> = {
  readonly [N in VariantNameOf<S, 'broken'>]: Finds<F> | Unchecked
} & { readonly [N in VariantNameOf<S, 'good'>]?: Finds<F> }

/**
 * The variants of a subject as a check has them: every good one must hold, `first` before the others. `own`: findings that no
 * oracle and no machine reports, but the check itself.
 */
export function checkedVariants<S extends Subject, const F extends string = never>(
  subject: S,
  first: VariantNameOf<S, 'good'>,
  found: Found<S, F>,
  _own: readonly F[] = [],
): { readonly variants: readonly CheckedVariant[]; readonly unchecked: Readonly<Record<string, string>> } {
  const of = found as Readonly<Record<string, Finds<F> | Unchecked | undefined>>
  const names: string[] = VARIANTS.filter((one) => one.subject === subject).map(({ name }) => name)
  const ordered = [first, ...names.filter((name) => name !== first)]
  const variants = ordered.flatMap((name): CheckedVariant[] => {
    const finds = of[name]
    if (finds === undefined) return [{ kind: 'good', name }]
    return 'unchecked' in finds ? [] : [{ kind: 'broken', name, ...finds }]
  })
  const left = Object.entries(of).flatMap(([name, why]) =>
    why !== undefined && 'unchecked' in why ? [[name, why.unchecked]] : [],
  )
  return { variants, unchecked: Object.fromEntries(left) }
}
