import type { ThreadCpu } from './cpu.ts'
import type { Memory } from './memory.ts'
import { slowPathWord } from './status.ts'
import type { Target } from './wasm/compile.ts'
import { compileLocks } from './wasm/compile-locks.ts'
import { type CompiledLocks, installLocks } from './wasm/install.ts'
import { pagesOf } from './wasm/memory.ts'

// Separate from the modules that every worker loads: the compiler and its parser take 20 ms to load.

/** The target for which locks are compiled: a CPU on such memory, with or without lock statistics. */
export function targetOf(cpu: number, memory: Required<Memory>, keepsLockStatistics: boolean): Target {
  return {
    cpu,
    sleepersWord: memory.sleepers.byteOffset / 4,
    slowPathEnd: endOfSlowPath(cpu, memory, keepsLockStatistics),
    pages: pagesOf(memory.wasm),
  }
}

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
): CompiledLocks['left'] {
  if (!isInWasm(memory)) return []
  const compiled = compileLocks(root, targetOf(cpu.id, memory, keepsLockStatistics))
  installLocks(compiled, root, cpu, memory.wasm)
  return compiled.left
}
