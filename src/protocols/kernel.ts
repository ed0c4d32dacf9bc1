import type { Brought } from './brought.ts'
import type { Kvm, KvmEntry } from './kvm.ts'
import type { OracleName } from './oracles.ts'

/** A table of functions with a name: a version, or a variant of one. */
export type Kernel = {
  readonly name: string
  readonly kvm: Kvm
  /** The parts of a patch other than functions. */
  readonly brings?: Brought
}

/** The change of one function in a version, against the version before. */
export type Change = {
  readonly entry: KvmEntry
  /** By the first 12 digits of its hash. */
  readonly commit: string
  readonly says: string
}

/** The versions that are re-created. */
export type VersionName = 'v5.11' | 'v5.12' | 'v5.15' | 'v6.5' | 'v6.8' | 'v6.12' | 'v6.18' | 'v7.1'

/** A kernel version: the one before, with all later changes. */
export type Version = Kernel & {
  readonly name: VersionName
  readonly before: Version | undefined
  readonly changes: readonly Change[]
}

type Declared = Omit<Change, 'entry'>

/** The oldest version there is, whole. */
export const firstKernel = (name: VersionName, kvm: Kvm): Version => ({ name, kvm, before: undefined, changes: [] })

/** The next: `changed` has an entry for each function that differs, with its commit. */
export function kernel(
  name: VersionName,
  before: Version,
  changed: { readonly [E in KvmEntry]?: Declared & { readonly to: Kvm[E] } },
): Version {
  const entries = Object.entries(changed) as [KvmEntry, Declared & { readonly to: unknown }][]
  const changes = entries.map(([entry, { to: _, ...change }]) => ({ entry, ...change }))
  const functions = Object.fromEntries(entries.map(([entry, { to }]) => [entry, to])) as Partial<Kvm>
  return { name, kvm: { ...before.kvm, ...functions }, before, changes }
}

/** The questions; each has a scenario and a check of its name. */
export type Subject =
  | 'precheck'
  | 'nx-recovery'
  | 'icache'
  | 'elision'
  | 'apic-page'
  | 'dirty-log'
  | 'aging'
  | 'attributes'
  | 'mixed'

/** Findings of trials on threads other than oracles: from the watchdog, and from the counters of a run. */
export type ThreadsFinding =
  | OracleName
  | 'stall'
  | 'deadlock'
  | 'precheck_never_fires'
  | 'precheck_never_fires_before_pfn'
  | 'line_operations_unbounded'

type Common<N extends string, S extends Subject> = {
  readonly name: N
  readonly subject: S
  /** The kernel that it changes; a variant is one too. */
  readonly on: Kernel
  /** Its id in the literature of the field: the version or patch it is. */
  readonly reference: string
  readonly says: string
  /** Whole functions, each instead of the kernel's. */
  readonly replaces: Partial<Kvm>
}

export type GoodVariant<N extends string = string, S extends Subject = Subject> = Common<N, S> & {
  readonly kind: 'good'
  /** Oracles that it violates as it was posted, for which it was turned down: to be seen, not to fail the run. */
  readonly objections?: readonly OracleName[]
}

export type BrokenVariant<N extends string = string, S extends Subject = Subject> = Common<N, S> & {
  readonly kind: 'broken'
  /** The findings that catch it on threads; if empty, the reason why threads cannot show it. */
  readonly caughtBy: readonly ThreadsFinding[]
  readonly unseenBecause?: string
  /** Parameters of its scenario under which the fault is found soonest. */
  readonly load?: Readonly<Record<string, string>>
  /** Only a checker's memory model shows it, so no trial runs it. */
  readonly isCheckedOnly?: true
}

/** A kernel with whole functions replaced, and its description. */
export type Variant<N extends string = string, S extends Subject = Subject> = Kernel &
  (GoodVariant<N, S> | BrokenVariant<N, S>)

/** Declares a variant: everything that lists, runs or checks variants takes them from such a declaration. */
export function variant<const N extends string, const S extends Subject>(
  declared: GoodVariant<N, S>,
): Kernel & GoodVariant<N, S>
export function variant<const N extends string, const S extends Subject>(
  declared: BrokenVariant<N, S>,
): Kernel & BrokenVariant<N, S>
export function variant(declared: GoodVariant | BrokenVariant): Variant {
  return { ...declared, kvm: { ...declared.on.kvm, ...declared.replaces } }
}
