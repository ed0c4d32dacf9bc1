import type { PatchCode } from '../patches/code.ts'
import type { VariantName } from '../protocols/catalogue.ts'
import type { Kernel, Variant, Version, VersionName } from '../protocols/kernel.ts'
import type { KvmEntry } from '../protocols/kvm.ts'
import type { KernelTables } from './kernel-tables.ts'
import type { MemoryModel } from './memory/model.ts'
import type { Program } from './program.ts'

/** A small configuration: which actors meet. */
export type Configuration = {
  readonly name: string
  readonly says: string
  readonly actors: readonly string[]
  /** How often a retry loop may repeat here, if it differs from the check's default. */
  readonly patience?: number
  /** Takes so long that it is explored only if it is named: always, or with these memory models. */
  readonly isLarge?: boolean | readonly MemoryModel[]
  /** The variants and kernels for which it takes so long, if not for all. */
  readonly isLargeFor?: readonly string[]
}

/** The configurations in which a check is explored if none is named; else the named one. */
export const configurationsOf = (check: Check, asked: string | undefined, memory: MemoryModel, variant: string) =>
  check.configurations.filter((one) => (asked === undefined ? !isLarge(one, memory, variant) : one.name === asked))

function isLarge({ isLarge = false, isLargeFor = [] }: Configuration, memory: MemoryModel, variant: string): boolean {
  return isLargeFor.includes(variant) || (typeof isLarge === 'boolean' ? isLarge : isLarge.includes(memory))
}

/** A variant of a protocol, and the expected result of its exploration. */
export type CheckedVariant =
  | { readonly kind: 'good'; readonly name: string }
  | {
      readonly kind: 'broken'
      readonly name: string
      /** The properties of which one must be found violated. */
      readonly finds: readonly string[]
      /** The configuration that shows it; by default the first. */
      readonly in?: string | readonly string[]
      /** Everywhere else it must hold: it is a version of the kernel, with that fault in it. */
      readonly holdsElsewhere?: true
      /** Under which memory models the fault shows, if not under all: under the others the variant must hold. */
      readonly memory?: readonly MemoryModel[]
    }

/** A fault of one version of the kernel, in one of its functions. */
export type KernelFault = Omit<Extract<CheckedVariant, { readonly kind: 'broken' }>, 'kind' | 'name'> & {
  readonly entry: KvmEntry
}

/** The properties to prove about a protocol, as data: one file for each check. */
export type Check = {
  readonly name: string
  readonly asks: string
  readonly variants: readonly CheckedVariant[]
  /** The known faults of a kernel version, and of each variant on it that contains the faulty function. */
  readonly kernelFaults?: Readonly<Partial<Record<VersionName, KernelFault>>>
  /** Variants of the system in which there is nothing to be found here, each with the reason. */
  readonly unchecked?: Readonly<Record<string, string>>
  readonly configurations: readonly Configuration[]
  /** How often a retry loop may repeat before a signal ends it, unless the user sets it. */
  readonly patience: number
  readonly program: (variant: string | Kernel, configuration: string) => Program
  /** The kernel that its variants were put on, if that is another than their own. */
  readonly kernel?: VersionName
  /** A patch of the user's among its variants. */
  readonly patch?: PatchCode
}

/** The check with a patch among its variants; the patch must satisfy the same properties as good variants. */
export const withPatch = (one: Check, code: PatchCode, patch: Kernel): Check => ({
  ...one,
  patch: code,
  variants: [...one.variants, { kind: 'good', name: code.name }],
  program: (variant, configuration) => one.program(variant === code.name ? patch : variant, configuration),
})

/** The same on another kernel: that kernel as it is, and the variants that fit it; `refused`: why the others do not. */
export function checkOn(
  one: Check,
  version: Version,
  { onKernel, variantNamed }: KernelTables,
): { readonly check: Check; readonly refused: Readonly<Record<string, string>> } {
  const refused: Record<string, string> = {}
  const tables = new Map<string, Kernel>([[version.name, version]])
  for (const { name } of one.variants) {
    if (name === version.name) continue
    const on = onKernel(variantNamed(name as VariantName), version)
    if ('refused' in on) refused[name] = on.refused
    else tables.set(name, on.kernel)
  }
  // A kernel as it is must give the same result as the variant that equals it.
  const known = one.variants.find(({ name }) => isKernelItself(variantNamed(name as VariantName), version))
  const fault = one.kernelFaults?.[version.name]
  const held = (variant: CheckedVariant): CheckedVariant => {
    if (fault === undefined || variant.kind === 'broken') return variant
    const { entry, ...finds } = fault
    const has = tables.get(variant.name)!.kvm[entry] === version.kvm[entry]
    return has ? { ...variant, ...finds, kind: 'broken', holdsElsewhere: true } : variant
  }
  const itself = held({ ...(known ?? { kind: 'good' }), name: version.name })
  const others = one.variants.filter(({ name }) => name !== version.name && tables.has(name)).map(held)
  const check: Check = {
    ...one,
    kernel: version.name,
    variants: [itself, ...others],
    program: (variant, configuration) =>
      one.program(typeof variant === 'string' ? tables.get(variant)! : variant, configuration),
  }
  return { check, refused }
}

const isKernelItself = ({ on, replaces }: Variant, version: Version) =>
  on === version && Object.keys(replaces).length === 0

/** The name of a variant on the command line. */
export const commandName = ({ patch }: Check, variant: string): string =>
  patch?.name === variant ? patch.file : variant
