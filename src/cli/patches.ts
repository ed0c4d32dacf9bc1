import { basename } from 'node:path'
import type { Scenario, Variant } from '../bench/scenario.ts'
import { FaultlineError } from '../errors/faultline-error.ts'
import { loadPatch } from '../patches/load.ts'
import { isPatchFile } from '../patches/patch-file.ts'
import type { ReadPatch } from '../patches/read.ts'
import { VARIANTS } from '../protocols/catalogue.ts'
import type { Version } from '../protocols/kernel.ts'
import { VERSIONS } from '../protocols/kernels.ts'
import { onKernel } from '../protocols/on-kernel.ts'
import type { Patch } from '../protocols/patch.ts'
import { namesIn } from './flags.ts'
import { notOnKernel } from './kernels.ts'

/** Patches among the variants that were asked for. */
export type Asked = {
  /** The names as they were given, a file by the name that it declares. */
  readonly names: string | undefined
  readonly own: readonly Variant[]
}

/** Reads the files among the names of `--variant`: the user has named them, and nothing else makes a patch load. */
export async function patchesAmong(
  names: string | undefined,
  node: string,
  kernel: Version | undefined,
): Promise<Asked> {
  const own: Variant[] = []
  const given = names === undefined ? [] : namesIn(names)
  const found: string[] = []
  for (const name of given) {
    if (!isPatchFile(name)) found.push(name)
    else {
      const { readPatch } = await import('../patches/read.ts')
      const variant = await variantOf(await readPatch(name, node), kernel)
      checkPatchName(variant.name, name, own)
      own.push(variant)
      found.push(variant.name)
    }
  }
  return { names: names === undefined ? undefined : found.join(','), own }
}

async function variantOf(read: ReadPatch, version: Version | undefined): Promise<Variant> {
  const declared: Patch = await loadPatch(read.patch, 'stepped')
  const { name, says, brings } = declared
  const on = version ?? declared.on
  const put = version === undefined ? { kernel: declared } : onKernel(declared, version)
  if ('refused' in put) throw notOnKernel(put.refused)
  const { diffTables } = await import('../patches/diff-tables.ts')
  const diff = await diffTables(on, { ...put.kernel, name }, [read])
  return {
    kind: 'good',
    name,
    reference: `${basename(read.file)} ${read.hash}`,
    says,
    ...(version === undefined ? {} : { kernel: version.name }),
    patch: { code: read.patch, base: on.name, diff, counters: brings?.counters ?? [], oracles: brings?.oracles ?? [] },
  }
}

/** Refuses a patch name that is already used: a result identifies runs by the names of their variants. `own`: the patches before this one. */
export function checkPatchName(name: string, file: string, own: readonly Variant[] = []): void {
  const other = own.find((one) => one.name === name)?.patch?.code.file
  const isOurs = [...VARIANTS, ...VERSIONS].some((one) => one.name === name)
  if (other === undefined && !isOurs) return
  throw new FaultlineError(
    'NAME_TAKEN',
    'usage',
    `${file} is called '${name}', and so is ${other ?? 'a variant or a kernel of faultline'}`,
    {
      hint: 'Give the patch another name: a result tells variants apart by theirs.',
    },
  )
}

/** The scenario, with variants that may be patches too. */
export function withPatches(scenario: Scenario, own: readonly Variant[]): Scenario {
  if (own.length === 0) return scenario
  if (scenario.kind === 'vm') return { ...scenario, variants: [...scenario.variants, ...own] }
  throw new FaultlineError('NO_PROTOCOL', 'usage', `${scenario.name} runs no protocol that a patch could change`, {
    hint: 'Ask another scenario: -s precheck.',
  })
}
