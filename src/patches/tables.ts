import { FaultlineError } from '../errors/faultline-error.ts'
import { kernelHint } from '../errors/older-version.ts'
import { VARIANTS } from '../protocols/catalogue.ts'
import type { Kernel } from '../protocols/kernel.ts'
import { VERSIONS } from '../protocols/kernels.ts'
import { loadPatch } from './load.ts'
import { isPatchFile } from './patch-file.ts'
import { type ReadPatch, readPatch } from './read.ts'

/** A table of functions: a kernel, one of our variants, or a user's file. */
export type Table = { readonly kernel: Kernel; readonly read?: ReadPatch }

/** By the name of a kernel or a variant, or by the path of a file. */
export async function tableOf(name: string, node: string): Promise<Table> {
  if (isPatchFile(name)) {
    const read = await readPatch(name, node)
    return { kernel: await loadPatch(read.patch, 'stepped'), read }
  }
  const known: readonly Kernel[] = [...VERSIONS, ...VARIANTS]
  const kernel = known.find((one) => one.name === name)
  if (kernel !== undefined) return { kernel }
  const names = known.map((one) => one.name)
  throw new FaultlineError('UNKNOWN_NAME', 'usage', `there is no kernel and no variant '${name}'`, {
    hint: `${kernelHint(
      name,
      names,
      VERSIONS.map((one) => one.name),
    )} A patch is named by its path: ./my-patch.ts.`,
  })
}
