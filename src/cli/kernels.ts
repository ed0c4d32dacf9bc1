import { FaultlineError } from '../errors/faultline-error.ts'
import { kernelHint } from '../errors/older-version.ts'
import type { Version } from '../protocols/kernel.ts'
import { VERSIONS } from '../protocols/kernels.ts'

/** The kernel that `--kernel` names, if it is given. */
export function kernelNamed(name: string | undefined): Version | undefined {
  if (name === undefined) return undefined
  const names = VERSIONS.map((one) => one.name)
  const version = VERSIONS.find((one) => one.name === name)
  if (version !== undefined) return version
  throw new FaultlineError('UNKNOWN_NAME', 'usage', `there is no kernel '${name}'`, {
    hint: kernelHint(name, names),
  })
}

/** The error for a variant that was requested by name and that the kernel does not support. */
export const notOnKernel = (says: string): FaultlineError =>
  new FaultlineError('NOT_ON_KERNEL', 'usage', says, {
    hint: 'Leave out --kernel, or this variant. An unchanged kernel is a variant of that name (--variant v6.8,./my.ts --kernel v6.8), and `faultline new patch FILE --from v6.8 --functions NAME` begins a patch of it; `faultline list kernels` says which functions each kernel changed.',
  })

/** Variants that a kernel does not take and that no flag named: the reason of one, the names of several. */
export function leftOutOnKernel(refused: Readonly<Record<string, string>>, kernel = ''): string | undefined {
  const names = Object.keys(refused)
  if (names.length < 2) return names.length === 0 ? undefined : `left out: ${refused[names[0]!]}`
  return `left out, because ${kernel} does not have the functions that they replace: ${names.join(', ')}. Use --variant NAME to see which function is missing.`
}
