import type { RolePlan } from '../workers/roles.ts'
import type { SystemSpec } from '../workers/system.ts'
import { Control, DRAIN, RunAborted } from './control.ts'
import { ThreadCpu, type Window } from './cpu.ts'
import { loadDirectBuild } from './direct.ts'
import type { Memory } from './memory.ts'
import { CpuRecords, Records, type Shape } from './records.ts'
import { Status } from './status.ts'

/** What every worker of a run is told. */
export type RunSpec = {
  readonly system: SystemSpec
  readonly memory: Memory
  readonly control: Int32Array<SharedArrayBuffer>
  readonly status: Int32Array<SharedArrayBuffer>
  readonly shape: Shape
  readonly records: readonly ArrayBufferLike[]
  readonly workTurns: readonly number[]
  readonly broadcastTurns: readonly number[]
  readonly interconnect: Int32Array<SharedArrayBuffer>
  readonly spinLooks: number
  /** The run's load is a recording of this length; 0: it goes on until it is stopped. */
  readonly recordingNs: number
}

export type RoleTask = { readonly cpu: number; readonly plan: RolePlan; readonly run: RunSpec }

/** One task of a run: plays one role on one CPU, from the start barrier to the end. The name picks it: see WorkerGroup. */
export async function role({ cpu: id, plan, run }: RoleTask): Promise<Window> {
  const { buildSystem, runRole } = await loadDirectBuild()
  const control = new Control(run.control)
  const status = new Status(run.status).writer(id)
  const { vm } = buildSystem(run.system)
  const unmeasured = CpuRecords.scratch(run.shape)
  status.beat()
  if (!control.arriveAndWait()) throw new RunAborted()

  const cpu = new ThreadCpu(id, run.memory, run.spinLooks, {
    control,
    cpus: run.shape.cpus,
    measured: new Records(run.shape, run.records).of(id),
    unmeasured,
    status,
    workTurns: run.workTurns,
    broadcastTurns: run.broadcastTurns,
    interconnect: run.interconnect,
    keepsLockStatistics: run.system.lockStatistics,
    originMs: control.originMs,
  })
  runRole(cpu, vm, plan)
  if (run.recordingNs > 0) cpu.untilTime(run.recordingNs)
  // A role of endless load that ends before the run is a part of the load that is missing: nobody is measured without it.
  else control.advance(DRAIN)
  cpu.roleEnded()
  return cpu.window
}
