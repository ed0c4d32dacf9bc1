import type { Build } from '../builds/modules.ts'
import { ThreadCpu } from './cpu.ts'
import type { CpuOfRun } from './cpu-of-run.ts'
import type { Memory } from './memory.ts'
import { WasmCpu } from './wasm-cpu.ts'

/** The build that a lone thread runs on such memory: what is to be compiled must be the opened one. */
export const buildFor = ({ wasm }: Memory): Build & ('direct' | 'opened') => (wasm === undefined ? 'direct' : 'opened')

/** The CPU for such memory. */
export function cpuFor(id: number, memory: Memory, spinLooks?: number, run?: CpuOfRun): ThreadCpu {
  return memory.wasm === undefined ? new ThreadCpu(id, memory, spinLooks, run) : new WasmCpu(id, memory, spinLooks, run)
}
