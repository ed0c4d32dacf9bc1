import type { SentSystem } from '../patches/code.ts'
import { systemOf } from '../patches/load.ts'
import { isInWasm, targetOf } from './compile-for.ts'
import { loadDirectBuild } from './direct.ts'
import type { Memory } from './memory.ts'
import { compileLocks } from './wasm/compile-locks.ts'
import type { CompiledLocks } from './wasm/install.ts'

/** How many systems are remembered: more than the variants of a plan that run in turns. */
const MOST_REMEMBERED = 32

const remembered = new Map<string, readonly CompiledLocks[]>()

/**
 * The locks of a system, compiled once for each of its CPUs, here and not in each worker of each trial, which would take 50 ms for it.
 * Undefined where words are not WebAssembly's.
 */
export async function compileAhead(
  system: SentSystem,
  cpus: number,
  memory: Memory,
): Promise<readonly CompiledLocks[] | undefined> {
  if (!isInWasm(memory)) return undefined
  const key = JSON.stringify([system, cpus])
  const known = remembered.get(key)
  if (known !== undefined) return known
  const { buildSystem } = await loadDirectBuild('opened')
  const { vm } = buildSystem(await systemOf(system, 'opened'))
  const compiled = Array.from({ length: cpus }, (_, cpu) =>
    compileLocks(vm, targetOf(cpu, memory, system.lockStatistics)),
  )
  if (remembered.size === MOST_REMEMBERED) remembered.delete(remembered.keys().next().value!)
  remembered.set(key, compiled)
  return compiled
}
