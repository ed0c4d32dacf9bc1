import type { Direct } from '../shared-memory/cpu.ts'
import type * as Roles from '../workers/roles.ts'
import type * as System from '../workers/system.ts'
import type { ThreadCpu } from './cpu.ts'

/** The entry point of the direct build, which a worker runs. */
export type DirectBuild = {
  readonly buildSystem: typeof System.buildSystem
  readonly runRole: (
    cpu: ThreadCpu,
    vm: Parameters<typeof Roles.runRole>[1],
    plan: Roles.RolePlan,
  ) => ReturnType<Direct<typeof Roles>['runRole']>
}

/**
 * The stepped build's sources with `*` and `yield*` blanked, and opened if they are to be compiled: see builds. It is loaded as one
 * file; `asModules` with a patch, which imports them.
 */
export async function loadDirectBuild(build: 'direct' | 'opened', asModules = false): Promise<DirectBuild> {
  if (!asModules) return await import(new URL(`../${build}/bundle.js`, import.meta.url).href)
  const load = (module: string) => import(new URL(`../${build}/workers/${module}.js`, import.meta.url).href)
  const [roles, system] = await Promise.all([load('roles'), load('system')])
  return { runRole: roles.runRole, buildSystem: system.buildSystem }
}
