import type { PatchCode } from '../patches/code.ts'
import { loadPatch } from '../patches/load.ts'
import type { VersionName } from '../protocols/kernel.ts'
import { type Check, checkOn, withPatch } from './check.ts'
import type { KernelTables } from './kernel-tables.ts'
import { noteExports } from './tracing/made-in-module.ts'

/** The checks of the traced build, in which the checker sees what each actor keeps to itself. */
export async function loadChecks(): Promise<readonly Check[]> {
  const { CHECKS } = await import(new URL('checker/checks/all.js', TRACED).href)
  return CHECKS
}

const TRACED = new URL('../traced/', import.meta.url)

async function loadTables(build: URL): Promise<KernelTables> {
  const load = async (name: string) => await import(new URL(`protocols/${name}.js`, build).href)
  const [{ variantNamed }, { versionNamed }, { onKernel }] = await Promise.all(
    ['catalogue', 'kernels', 'on-kernel'].map(load),
  )
  return { variantNamed, versionNamed, onKernel }
}

/** A check with the options of a job or a user: another kernel, a patch among its variants. `build`: the build to load from. */
export async function checkWith(
  ours: Check,
  { kernel, patch }: { readonly kernel?: VersionName | undefined; readonly patch?: PatchCode | undefined },
  build: URL = TRACED,
): Promise<{ readonly check: Check; readonly refused: Readonly<Record<string, string>> }> {
  const tables = kernel === undefined ? undefined : await loadTables(build)
  const version = tables?.versionNamed(kernel!)
  const { check, refused } = tables === undefined ? { check: ours, refused: {} } : checkOn(ours, version!, tables)
  if (patch === undefined) return { check, refused }
  const loaded = await loadPatch(patch, 'traced')
  noteExports(loaded)
  const put = tables === undefined ? { kernel: loaded } : tables.onKernel(loaded, version!)
  if ('refused' in put) return { check, refused: { ...refused, [patch.name]: put.refused } }
  return { check: withPatch(check, patch, put.kernel), refused }
}
