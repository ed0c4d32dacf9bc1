import { nearestText } from './nearest.ts'

/** Linux has had no minor version above 20: a larger number is a typing error. */
const LAST_MINOR = 20

/**
 * The hint for an unknown name among `known`, of which `kernels` are versions from the oldest on: for one between two of
 * them the older, whose functions it has most likely.
 */
export const kernelHint = (name: string, known: readonly string[], kernels: readonly string[] = known): string =>
  olderText(name, kernels) ?? nearestText(name, known)

/** Undefined for what is no version after the first of these. */
export function olderText(name: string, kernels: readonly string[]): string | undefined {
  const asked = numberOf(name)
  if (asked === undefined) return undefined
  const older = kernels.findLast((one) => numberOf(one)! < asked)
  return older === undefined
    ? undefined
    : `There are the kernels ${kernels.join(', ')}. The last one before ${name} is ${older}.`
}

function numberOf(name: string): number | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)$/.exec(name) ?? []
  return minor === undefined || Number(minor) > LAST_MINOR ? undefined : Number(major) * 100 + Number(minor)
}
