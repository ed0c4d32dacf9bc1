import { FaultlineError } from '../errors/faultline-error.ts'
import { nearestText } from '../errors/nearest.ts'
import type { Version } from '../protocols/kernel.ts'
import { VERSIONS } from '../protocols/kernels.ts'

/** The kernel that `--kernel` names, if it is given. */
export function kernelNamed(name: string | undefined): Version | undefined {
  if (name === undefined) return undefined
  const names = VERSIONS.map((one) => one.name)
  const version = VERSIONS.find((one) => one.name === name)
  if (version !== undefined) return version
  throw new FaultlineError('UNKNOWN_NAME', 'usage', `there is no kernel '${name}'`, {
    hint: olderText(name, names) ?? nearestText(name, names),
  })
}

/** Linux has had no minor version above 20: a larger number is a typing error. */
const LAST_MINOR = 20

/** For a version between two of these: the one whose functions it has most likely. */
function olderText(name: string, names: readonly string[]): string | undefined {
  const asked = numberOf(name)
  if (asked === undefined) return undefined
  const older = names.findLast((one) => numberOf(one)! < asked)
  return older === undefined ? undefined : `There are: ${names.join(', ')}. The last one before ${name} is ${older}.`
}

function numberOf(name: string): number | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)$/.exec(name) ?? []
  return minor === undefined || Number(minor) > LAST_MINOR ? undefined : Number(major) * 100 + Number(minor)
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
