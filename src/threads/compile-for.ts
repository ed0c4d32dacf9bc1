import { PHASE } from './control.ts'
import type { ThreadCpu } from './cpu.ts'
import { type Memory, ownMemory } from './memory.ts'
import { KEEPS_ORDER } from './order.ts'
import { heartbeatWord, slowPathWord } from './status.ts'
import type { Target } from './wasm/compile.ts'
import { compileLocks, compileVm } from './wasm/compile-system.ts'
import { type CompiledCode, installCode, installLocks } from './wasm/install.ts'
import { pagesOf } from './wasm/memory.ts'
import type { RoleOfEntries } from './wasm/replace-role-path.ts'

// Separate from the modules that every worker loads: the compiler and its parser take 20 ms to load.

/** The target for which code is compiled: a CPU on such memory, with or without lock statistics. */
export function targetOf(
  cpu: number,
  memory: Required<Memory>,
  keepsLockStatistics: boolean,
  works: Target['works'] = 'call',
  counters?: number,
  signal: Target['signal'] = 'call',
): Target {
  const own = ownMemory(memory, cpu, counters)
  return {
    works,
    signal,
    keepsOrder: KEEPS_ORDER,
    own,
    holds: own?.holds,
    cpu,
    sleepersWord: memory.sleepers.byteOffset / 4,
    slowPathEnd: endOfSlowPath(cpu, memory, keepsLockStatistics),
    pages: pagesOf(memory.wasm),
  }
}

/** How a CPU learns of the end of the run that the words of this memory control. */
export const signalOf = (cpu: number, { control, standings }: Required<Memory>): Target['signal'] => ({
  phaseWord: control.byteOffset / 4 + PHASE,
  heartbeatWord: standings.byteOffset / 4 + heartbeatWord(cpu),
})

function endOfSlowPath(cpu: number, { standings }: Memory, keepsLockStatistics: boolean): Target['slowPathEnd'] {
  if (keepsLockStatistics) return 'call'
  const word = slowPathWord(cpu)
  return word < standings.length ? { word: standings.byteOffset / 4 + word } : 'nothing'
}

export const isInWasm = (memory: Memory): memory is Required<Memory> => memory.wasm !== undefined

/** Compiles the locks that `root` holds, and lets the CPU take them so, where words are WebAssembly's; returns what cannot be compiled. */
export function compileFor(
  root: object,
  cpu: ThreadCpu,
  memory: Memory,
  keepsLockStatistics = false,
): CompiledCode['left'] {
  if (!isInWasm(memory)) return []
  const compiled = compileLocks(root, targetOf(cpu.id, memory, keepsLockStatistics))
  installLocks(compiled, root, cpu, memory.wasm)
  return compiled.left
}

/** The same for a VM and the functions of the role on this CPU, which is on no run: its work costs nothing. */
export function compileVmFor(
  vm: object,
  runRole: unknown,
  cpu: ThreadCpu,
  memory: Memory,
  role: RoleOfEntries = 'vcpu',
): CompiledCode['left'] {
  if (!isInWasm(memory)) return []
  const compiled = compileVm(vm, runRole, targetOf(cpu.id, memory, false, 'never', undefined, 'never'), role)
  installCode(compiled, vm, cpu, memory.wasm, runRole)
  return compiled.left
}
