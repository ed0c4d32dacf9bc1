import type { Subject, Version, VersionName } from '../protocols/kernel.ts'
import { VERSIONS } from '../protocols/kernels.ts'

/** Questions about something that Linux has not always had. */
const SINCE: { readonly [S in Subject]?: { readonly version: VersionName; readonly what: string } } = {
  attributes: { version: 'v6.8', what: 'memory attributes and guest_memfd' },
}

/** Why a question cannot be asked of a version, if it cannot. */
export function lackedBy({ name }: Pick<Version, 'name'>, subject: string): string | undefined {
  const since = SINCE[subject as Subject]
  if (since === undefined) return undefined
  const places = VERSIONS.map((one) => one.name)
  if (places.indexOf(name) >= places.indexOf(since.version)) return undefined
  return `${subject} is about ${since.what}, which Linux has since ${since.version}, and ${name} is older`
}
