import type { Kernel, Variant } from './kernel.ts'
import { VERSIONS } from './kernels.ts'
import type { Kvm, KvmEntry } from './kvm.ts'

/** A variant on another kernel than its own, or the sentence why it cannot be. */
export type OnKernel = { readonly kernel: Kernel } | { readonly refused: string }

/** The version that a variant changes in the end: it may be a variant of a variant. */
export function versionOf(one: Kernel): Kernel {
  let at = one
  while ('on' in at) at = (at as Variant).on
  return at
}

/** Everything that a variant replaces of its version, those that it is a variant of included. */
export function replacedBy(one: Kernel): Partial<Kvm> {
  if (!('on' in one)) return {}
  const { on, replaces } = one as Variant
  return { ...replacedBy(on), ...replaces }
}

/**
 * Applies the variant to a version: its functions replace that version's. This is possible only if the version has, for
 * each replaced function, the form that the variant was written against; otherwise it would undo the version's change.
 */
export function onKernel(variant: Kernel, target: Kernel): OnKernel {
  const own = versionOf(variant)
  const replaced = replacedBy(variant)
  if (Object.keys(replaced).length === 0 && own.name !== target.name) {
    return {
      refused: `${variant.name} is the unchanged ${own.name}: it has no change that could be applied to ${target.name}`,
    }
  }
  const differs = (Object.keys(replaced) as KvmEntry[]).filter((entry) => own.kvm[entry] !== target.kvm[entry])
  if (differs.length === 0) {
    const changed = { on: target, replaces: replaced, kvm: { ...target.kvm, ...replaced } }
    return { kernel: { ...variant, ...changed, name: `${variant.name} on ${target.name}` } as Kernel }
  }
  const [entry] = differs
  const since = changeOf(own, target, entry!)
  return {
    refused: `${variant.name} replaces ${entry} of ${own.name}, and ${target.name} has another one${since}`,
  }
}

/** Names the version that made the difference between two, and the change. */
function changeOf(own: Kernel, target: Kernel, entry: KvmEntry): string {
  const at = (one: Kernel) => VERSIONS.findIndex(({ name }) => name === one.name)
  const [from, to] = [at(own), at(target)].sort((a, b) => a - b) as [number, number]
  for (const version of VERSIONS.slice(from + 1, to + 1).toReversed()) {
    const change = version.changes.find((one) => one.entry === entry)
    if (change !== undefined) return ` (${version.name}: ${change.says})`
  }
  return ''
}
