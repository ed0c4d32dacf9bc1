import { FaultlineError } from '../errors/faultline-error.ts'
import { type VariantName, variantNamed } from '../protocols/catalogue.ts'
import { VERSIONS } from '../protocols/kernels.ts'
import { versionOf } from '../protocols/on-kernel.ts'
import type { Variant } from './scenario.ts'

/** The first version here that has PREEMPT_LAZY, which came with v6.13. */
const FIRST_LAZY = VERSIONS.findIndex(({ name }) => name === 'v6.18')

/** A kernel can be booted with preempt=lazy only if it has it. Of a patch it is not known what it has. */
export function checkPreemption(
  variants: readonly Variant[],
  { preempt }: Readonly<Record<string, string | number>>,
): void {
  if (preempt !== 'lazy') return
  for (const variant of variants) {
    if (variant.patch !== undefined) continue
    const kernel = kernelOf(variant)
    if (VERSIONS.findIndex(({ name }) => name === kernel) >= FIRST_LAZY) continue
    throw new FaultlineError(
      'NO_PREEMPT_LAZY',
      'usage',
      `${variant.name} is a variant of ${kernel}, which cannot be booted with preempt=lazy: it came with v6.13`,
      { hint: 'Use preempt=full, or put the variants on a kernel that has it: --kernel v6.18.' },
    )
  }
}

function kernelOf({ name, protocol, kernel }: Variant): string {
  const asked = kernel ?? protocol ?? name
  const version = VERSIONS.find((one) => one.name === asked)
  return version?.name ?? versionOf(variantNamed(asked as VariantName)).name
}
