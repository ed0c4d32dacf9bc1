import { setFlagsFromString } from 'node:v8'
import type { SentSystem } from '../patches/code.ts'
import { systemOf } from '../patches/load.ts'
import type { RolePlan } from '../workers/roles.ts'
import { isInWasm, signalOf, targetOf } from './compile-for.ts'
import { loadDirectBuild } from './direct.ts'
import type { Memory } from './memory.ts'
import { compileLocks, compileVm } from './wasm/compile-system.ts'
import type { CompiledCode } from './wasm/install.ts'
import type { RoleOfEntries } from './wasm/replace-role-path.ts'

/** How many systems are remembered: more than the variants of a plan that run in turns. */
const MOST_REMEMBERED = 32

/** What is compiled for a role besides locks. A recorded zapper waits for most of the time. */
function compiledOf(plan: RolePlan): RoleOfEntries | 'locks' {
  if (plan.role === 'vcpu' || plan.role === 'notifier') return plan.role
  return plan.role === 'zapper' && plan.zap.kind !== 'recorded' ? plan.zap.kind : 'locks'
}

/** V8 takes longer to optimise the compiler than that saves, as it runs for a few CPUs only. */
function withoutOptimising<T>(compile: () => T): T {
  setFlagsFromString('--no-opt')
  try {
    return compile()
  } finally {
    setFlagsFromString('--opt')
  }
}

const remembered = new Map<string, readonly CompiledCode[]>()

/**
 * The locks of a system and the functions of its roles, compiled once for each of its CPUs, here and not in each worker of each trial, which would take 50 ms for it.
 * `counters`: how many the records of a CPU have. Undefined where words are not WebAssembly's.
 */
export async function compileAhead(
  system: SentSystem,
  roles: readonly RolePlan[],
  memory: Memory,
  counters: number,
): Promise<readonly CompiledCode[] | undefined> {
  if (!isInWasm(memory)) return undefined
  const names = roles.map(compiledOf)
  const key = JSON.stringify([system, names])
  const known = remembered.get(key)
  if (known !== undefined) return known
  // As in the workers: what is compiled names functions by the names of this file.
  const { buildSystem, runRole } = await loadDirectBuild('opened', typeof system.variant !== 'string')
  const { vm } = buildSystem(await systemOf(system, 'opened'))
  const compileOne = (role: ReturnType<typeof compiledOf>, cpu: number) => {
    const ofHost = targetOf(cpu, memory, system.lockStatistics, 'call', counters, signalOf(cpu, memory))
    // Our own protocols have an atomic store before each smp_mb(); a patch may have a plain one.
    const target = { ...ofHost, keepsOrder: ofHost.keepsOrder && typeof system.variant === 'string' }
    return role === 'locks' ? compileLocks(vm, target) : compileVm(vm, runRole, target, role)
  }
  const compiled = withoutOptimising(() => names.map(compileOne))
  if (remembered.size === MOST_REMEMBERED) remembered.delete(remembered.keys().next().value!)
  remembered.set(key, compiled)
  return compiled
}
