import type { Place } from '../shared-memory/place.ts'
import type { Brought, CpuCounts } from './brought.ts'
import { COUNTERS } from './counters.ts'
import type { Kernel } from './kernel.ts'
import type { Kvm } from './kvm.ts'
import { ORACLES } from './oracles.ts'
import type { Vm } from './vm.ts'

type Wanted<C extends string, O extends string, W> = {
  /** Names of counters: `cpu.count(own.counter.NAME, 1)`. */
  readonly counters?: readonly C[]
  /** Properties that must hold, by name, each with a sentence for its violation: `cpu.violation(own.oracle.NAME, gfn)`. */
  readonly oracles?: Readonly<Record<O, string>>
  readonly mmuLock?: Brought['mmuLock']
  /** Places words: `place.line('name')`. `own.words(vm)` returns its return value. */
  readonly place?: (place: Place, counts: CpuCounts) => W
}

/** The additions of a patch, as its functions use them. */
export type Own<C extends string, O extends string, W> = Brought & {
  readonly counter: Readonly<Record<C, number>>
  readonly oracle: Readonly<Record<O, number>>
  readonly words: (vm: Vm) => W
}

/** Declares the additions of a patch to its functions. */
export function brings<const C extends string = never, O extends string = never, W = undefined>(
  wanted: Wanted<C, O, W>,
): Own<C, O, W> {
  const counters = wanted.counters ?? []
  const oracles = Object.entries<string>(wanted.oracles ?? {}).map(([name, says]) => ({ name, says }))
  return {
    counters,
    oracles,
    counter: numbered(counters, COUNTERS.length),
    oracle: numbered(oracles.map(({ name }) => name) as O[], ORACLES.length),
    words: (vm) => vm.own as W,
    ...(wanted.mmuLock === undefined ? {} : { mmuLock: wanted.mmuLock }),
    ...(wanted.place === undefined ? {} : { place: wanted.place }),
  }
}

/** They come after those of the laboratory. */
const numbered = <N extends string>(names: readonly N[], first: number): Readonly<Record<N, number>> =>
  Object.fromEntries(names.map((name, index) => [name, first + index])) as Record<N, number>

/** A user's patch: a kernel with whole functions replaced, and additions. */
export type Patch = Kernel & {
  /** The kernel that it changes. */
  readonly on: Kernel
  readonly says: string
  readonly replaces: Partial<Kvm>
  readonly brings?: Brought
}

type Declared = {
  /** The name of its runs: letters, digits, dots and dashes. */
  readonly name: string
  /** V5_11 to V7_1. */
  readonly on: Kernel
  /** One sentence, for the reader of a result. */
  readonly says: string
  /** Whole functions, each instead of the kernel's. */
  readonly replaces: Partial<Kvm>
  readonly brings?: Brought
}

const NOTHING = brings({})

/** Declares a patch; a file that has one exports it by default. */
export const patch = (declared: Declared): Patch => ({
  brings: NOTHING,
  ...declared,
  kvm: { ...declared.on.kvm, ...declared.replaces },
})
