import type { CpuRecords } from '../shared-memory/records.ts'
import type { Control } from './control.ts'
import type { KeptWorker } from './kept.ts'
import type { StatusWriter } from './status.ts'

/** The additions of a run to a bare CPU: phases, records, and the cost of a unit of work. */
export type CpuOfRun = {
  readonly control: Control
  readonly cpus: number
  /** The records of measured operations, and of all others. */
  readonly measured: CpuRecords
  readonly unmeasured: CpuRecords
  readonly status: StatusWriter
  /** Turns of the calibrated loop for one unit of each kind of work, and of each kind of broadcast. */
  readonly workTurns: readonly number[]
  readonly broadcastTurns: readonly number[]
  /** A line that broadcasts of all CPUs meet on. */
  readonly interconnect: Int32Array<SharedArrayBuffer>
  readonly keepsLockStatistics: boolean
  /** Its operations are long, and the phases of the run begin between two of them. */
  readonly leads: boolean
  /** It is measured in several windows; undefined: in one. */
  readonly kept: KeptWorker | undefined
  /** When the run's clock stood at 0, on `performance.now()`. */
  readonly originMs: number
}
