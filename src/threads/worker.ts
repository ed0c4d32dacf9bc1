import type { SentSystem } from '../patches/code.ts'
import { systemOf } from '../patches/load.ts'
import { CpuRecords, type RecordBuffer, Records, type Shape } from '../shared-memory/records.ts'
import type { RolePlan } from '../workers/roles.ts'
import type { Window } from '../workers/run-result.ts'
import { type Binding, tellThread } from './bind.ts'
import { Control, DRAIN, MEASURE, REHEARSAL_NS, RunAborted } from './control.ts'
import { loadDirectBuild } from './direct.ts'
import { cpuFor } from './for-words.ts'
import { handOverAfterRun } from './hand-over.ts'
import { KeptWorker } from './kept.ts'
import { type Memory, unmeasuredCounts } from './memory.ts'
import { Status } from './status.ts'
import { TimelineCpu, type TimelineMemory } from './timeline-cpu.ts'
import { type CompiledCode, installCode, installLocks } from './wasm/install.ts'

/** The data that every worker of a run receives. */
export type RunSpec = {
  readonly system: SentSystem
  readonly memory: Memory
  readonly control: Int32Array<SharedArrayBuffer>
  readonly shape: Shape
  readonly records: readonly RecordBuffer<SharedArrayBuffer>[]
  readonly workTurns: readonly number[]
  readonly broadcastTurns: readonly number[]
  readonly interconnect: Int32Array<SharedArrayBuffer>
  readonly spinLooks: number
  /** The run's load is a recording of this length; 0: it repeats until it is stopped. */
  readonly recordingNs: number
  /** The CPU between whose operations phases begin; undefined: they begin by the clock. */
  readonly leader: number | undefined
  /** Where workers that are kept say what their windows were; undefined: there is one window. */
  readonly kept: Float64Array<SharedArrayBuffer> | undefined
  /** Which CPU each worker is bound to; undefined: the host decides. */
  readonly binding: Binding | undefined
  /** The words with which the first two measure hand-overs after their roles; undefined: they do not. */
  readonly handOver: Int32Array<SharedArrayBuffer> | undefined
  /** Memory for the timeline of each CPU; empty: nothing is recorded. */
  readonly timelines: readonly TimelineMemory[]
}

export type RoleTask = {
  readonly cpu: number
  readonly plan: RolePlan
  readonly run: RunSpec
  /** What is not to run as JavaScript. */
  readonly code: CompiledCode | undefined
}

/** The time window of a role's measurement, and the hand-over time of its worker afterwards. */
export type RoleEnded = {
  readonly window: Window
  readonly handOverNs: number
}

/** One task of a run: plays one role on one CPU, from the start barrier to the end. The name picks it: see WorkerGroup. */
export async function role(task: RoleTask): Promise<RoleEnded> {
  const { cpu: id, plan, run, code } = task
  if (run.binding !== undefined) tellThread(run.binding, id)
  const build = code?.needsOpened ? 'opened' : 'direct'
  const direct = await loadDirectBuild(build, typeof run.system.variant !== 'string')
  const control = new Control(run.control)
  const status = new Status(run.memory.standings).writer(id)
  const unmeasured = CpuRecords.scratch(run.shape, SharedArrayBuffer, unmeasuredCounts(run.memory, id))
  const system = await systemOf(run.system, build)
  const { vm } = direct.buildSystem(system)
  const ofRun = () => ({
    control,
    cpus: run.shape.cpus,
    measured: new Records(run.shape, run.records).of(id),
    unmeasured,
    status,
    workTurns: run.workTurns,
    broadcastTurns: run.broadcastTurns,
    interconnect: run.interconnect,
    keepsLockStatistics: run.system.lockStatistics,
    leads: run.leader === id,
    // A vCPU answers kicks until all that may kick are parked.
    kept:
      run.kept && new KeptWorker(control, run.kept, id, plan.role === 'vcpu' ? run.shape.cpus - run.system.vcpus : 0),
    originMs: control.originMs,
  })
  const timeline = run.timelines[id]
  const newCpu = (of: typeof vm) => {
    if (timeline !== undefined) return new TimelineCpu(id, run.memory, run.spinLooks, ofRun(), timeline, of)
    const cpu = cpuFor(id, run.memory, run.spinLooks, ofRun())
    if (code === undefined) return cpu
    // The fault path is compiled for one VM of the thread.
    if (of === vm) installCode(code, of, cpu, run.memory.wasm!, direct.runRole)
    else installLocks(code, of, cpu, run.memory.wasm!)
    return cpu
  }
  const cpu = newCpu(vm)
  status.beat()
  if (!control.arriveAndWait()) throw new RunAborted()
  if (run.recordingNs > 0) {
    // A recording has no time to warm up in: it is rehearsed, and begins again on memory that has been cleared.
    const rehearsed = direct.buildSystem(system).vm
    direct.runRole(newCpu(rehearsed), rehearsed, beginningOf(plan))
    if (!control.arriveAndWait(MEASURE)) throw new RunAborted()
  }

  direct.runRole(cpu, vm, plan)
  if (run.recordingNs > 0) cpu.untilTime(run.recordingNs)
  // A role of endless load that ends before the run leaves a part of the load out: no worker is measured without it.
  else control.advance(DRAIN)
  cpu.roleEnded()
  status.returned()
  const isSide = run.handOver !== undefined && id < 2
  const handOverNs = isSide ? handOverAfterRun(run.handOver, id === 0 ? 0 : 1, control) : 0
  return { window: cpu.window, handOverNs }
}

/** The part of a recorded role that is rehearsed, by the clock alone: events that it would wait for may not be played. */
function beginningOf(plan: RolePlan): RolePlan {
  if (plan.role === 'vcpu' && plan.accesses.kind === 'recorded') {
    const { pace: _, ...accesses } = plan.accesses
    const count = countBefore(accesses.atNs)
    const cut = { atNs: accesses.atNs.subarray(0, count), gfns: accesses.gfns.subarray(0, count) }
    return { ...plan, accesses: { ...accesses, ...cut } }
  }
  if (plan.role === 'notifier' && plan.invalidations.kind === 'recorded') {
    const { pace: _, ...invalidations } = plan.invalidations
    const { atNs, startHvas, endHvas } = invalidations
    const count = countBefore(atNs)
    const cut = {
      atNs: atNs.subarray(0, count),
      startHvas: startHvas.subarray(0, count),
      endHvas: endHvas.subarray(0, count),
    }
    return { ...plan, invalidations: { ...invalidations, ...cut } }
  }
  if (plan.role === 'memslot-updater' && plan.updates.kind === 'recorded') {
    const { atNs } = plan.updates
    return { ...plan, updates: { ...plan.updates, atNs: atNs.subarray(0, countBefore(atNs)) } }
  }
  if (plan.role === 'zapper' && plan.zap.kind === 'recorded') {
    return { ...plan, zap: { ...plan.zap, holdsNs: plan.zap.holdsNs.subarray(0, 0) } }
  }
  return plan
}

function countBefore(atNs: Float64Array): number {
  const first = atNs.findIndex((at) => at > REHEARSAL_NS)
  // An empty list would mean a role that runs forever.
  return first < 0 ? atNs.length : Math.max(1, first)
}
