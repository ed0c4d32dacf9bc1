import { FaultlineError } from '../errors/faultline-error.ts'
import { type VariantName, variantNamed } from '../protocols/catalogue.ts'
import { VERSIONS } from '../protocols/kernels.ts'
import { versionOf } from '../protocols/on-kernel.ts'
import type { Variant } from './scenario.ts'

/** A value of a parameter that older kernels do not have. */
type NewerValue = {
  readonly parameter: string
  readonly value: string
  /** What an older kernel lacks. */
  readonly cannot: string
  /** The release that added it: it may have no version here; then the next version is the first to have it. */
  readonly came: string
  readonly first: (typeof VERSIONS)[number]['name']
  /** What every kernel has instead. */
  readonly instead: string
}

const NEWER: readonly NewerValue[] = [
  {
    parameter: 'preempt',
    value: 'lazy',
    cannot: 'cannot be booted with preempt=lazy',
    came: 'it came with v6.13',
    first: 'v6.18',
    instead: 'preempt=full',
  },
  {
    parameter: 'update-zap',
    value: 'slot',
    cannot: 'cannot have update-zap=slot',
    came: 'KVM_X86_QUIRK_SLOT_ZAP_ALL, which a VMM disables for it, came with v6.13',
    first: 'v6.18',
    instead: 'update-zap=all',
  },
]

/** Refuses a request that the kernel does not support. For a patch this is unknown, so it is not refused. */
export function checkNewerValues(
  variants: readonly Variant[],
  values: Readonly<Record<string, string | number>>,
): void {
  for (const newer of NEWER.filter(({ parameter, value }) => values[parameter] === value)) {
    const older = variants.find((variant) => variant.patch === undefined && isOlder(kernelOf(variant), newer))
    if (older === undefined) continue
    throw new FaultlineError(
      'NOT_ON_KERNEL',
      'usage',
      `${older.name} is a variant of ${kernelOf(older)}, which ${newer.cannot}: ${newer.came}`,
      { hint: `Use ${newer.instead}, or put the variants on a kernel that has it: --kernel ${newer.first}.` },
    )
  }
}

const placeOf = (kernel: string) => VERSIONS.findIndex(({ name }) => name === kernel)

const isOlder = (kernel: string, { first }: NewerValue) => placeOf(kernel) < placeOf(first)

function kernelOf({ name, protocol, kernel }: Variant): string {
  const asked = kernel ?? protocol ?? name
  const version = VERSIONS.find((one) => one.name === asked)
  return version?.name ?? versionOf(variantNamed(asked as VariantName)).name
}
