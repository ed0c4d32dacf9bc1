import type * as Roles from '../workers/roles.ts'
import type * as System from '../workers/system.ts'

/** The flat build's way in: what the model runs. */
export type FlatBuild = Pick<typeof System, 'buildSystem'> & Pick<typeof Roles, 'runRole'>

/** The same sources as the stepped build's, in which no generator is gone through by another: see builds/flat.ts. */
export async function loadFlatBuild(): Promise<FlatBuild> {
  const load = (module: string) => import(new URL(`../flat/workers/${module}.js`, import.meta.url).href)
  const [roles, system] = await Promise.all([load('roles'), load('system')])
  return { runRole: roles.runRole, buildSystem: system.buildSystem }
}
