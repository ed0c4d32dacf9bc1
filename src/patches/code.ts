import type { Build } from '../builds/modules.ts'
import type { VariantName } from '../protocols/catalogue.ts'
import type { VersionName } from '../protocols/kernel.ts'
import type { SystemSpec } from '../workers/system.ts'

/** A patch as it is handed to workers: data, which says whose code it is and where the module of each build lies. */
export type PatchCode = {
  /** By its declaration: what its runs are called. */
  readonly name: string
  /** The path as the user typed it. */
  readonly file: string
  /** A hash of its text. */
  readonly hash: string
  /** URLs. */
  readonly modules: Readonly<Record<Build, string>>
}

/** A system as it is handed to workers: with one of our variants, or a patch. */
export type SentSystem = SystemSpec<VariantName | VersionName | PatchCode>
