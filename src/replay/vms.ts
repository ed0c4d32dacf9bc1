import { ReplayError } from '../errors/faultline-error.ts'
import type { InvalidationLog } from './invalidation-log.ts'
import { isEverything } from './invalidation-log.ts'
import type { Only, Recording } from './recording.ts'
import { isVcpu, vcpuIndex } from './roles.ts'
import type { Task } from './task.ts'
import { NO_RWLOCK } from './waits.ts'

/** One of the VMs of a trace. */
export type Vm = Only & {
  /** Counted from 1, in the order of the threads' ids. */
  readonly number: number
  readonly vcpus: readonly number[]
  readonly tasks: readonly number[]
  readonly says: string
  /** The uncertainty about it; undefined if there is none. */
  readonly doubt: string | undefined
}

/** The recording of one VM; which one is said only of a trace that has several. */
export type VmRecording = { readonly recording: Recording; readonly vm: Vm | undefined }

/** How the user selected a VM. */
export type VmChoice = { readonly vm?: number; readonly pid?: number; readonly task?: string }

/** Two locks that faults waited for are two mmu_locks if each was waited for so often. */
const TELLING_WAITS = 3
/** Threads that work for the whole host. */
const KERNEL_THREAD =
  /^(?:ksmd|khugepaged|kswapd|kcompactd|kworker|migration|ksoftirqd|oom_reaper|rcu|kthread|swapper|kvm-nx-lpage)/

type Group = { readonly vcpus: Task[]; readonly others: Task[] }

/** The VMs of a trace: distinguished by processes, by vCPUs of the same index, and by the locks that their faults wait for. */
export function vmsOf(recording: Recording): readonly Vm[] {
  const { all } = recording.tasks
  const vcpus = all.filter(isVcpu).toSorted((a, b) => a.pid - b.pid)
  const groups: Group[] = []
  for (const vcpu of vcpus) {
    const home = homeOf(groups, vcpu)
    if (home === undefined) groups.push({ vcpus: [vcpu], others: [] })
    else home.vcpus.push(vcpu)
  }
  if (groups.length <= 1) return [wholeTrace(all)]
  for (const task of all) if (!isVcpu(task)) ownerOf(groups, task)?.others.push(task)
  return groups.map((group, index) => vmOf(group, index + 1, groups, recording))
}

const wholeTrace = (tasks: readonly Task[]): Vm => ({
  number: 1,
  vcpus: tasks.filter(isVcpu).map(({ pid }) => pid),
  tasks: tasks.map(({ pid }) => pid),
  says: 'the only VM',
  doubt: undefined,
  keepsTask: () => true,
  keepsRange: () => true,
})

/** The VM of which a vCPU may be: of its process if that is known, else the last one that it does not contradict. */
function homeOf(groups: readonly Group[], vcpu: Task): Group | undefined {
  if (vcpu.tgid > 0) {
    const ofProcess = groups.find(({ vcpus }) => vcpus.some(({ tgid }) => tgid === vcpu.tgid))
    if (ofProcess !== undefined || groups.every(({ vcpus }) => vcpus.every(({ tgid }) => tgid > 0))) return ofProcess
  }
  const possible = groups.filter(({ vcpus }) => vcpus.every((other) => canShare(other, vcpu)))
  const own = tellingLock(vcpu)
  return (
    possible.findLast(({ vcpus }) => own !== NO_RWLOCK && vcpus.some((it) => tellingLock(it) === own)) ??
    possible.at(-1)
  )
}

function canShare(a: Task, b: Task): boolean {
  const index = vcpuIndex(a)
  if (index >= 0 && index === vcpuIndex(b)) return false
  const [lock, other] = [tellingLock(a), tellingLock(b)]
  return lock === NO_RWLOCK || other === NO_RWLOCK || lock === other
}

/** The lock that a task's faults waited for most, if they did often enough. */
function tellingLock(task: Task): number {
  let best = NO_RWLOCK
  let most = TELLING_WAITS - 1
  task.waits.each((_, rwlock) => {
    const waits = rwlock === NO_RWLOCK ? 0 : task.waits.faultsThatWaited(rwlock)
    if (waits <= most) return
    most = waits
    best = rwlock
  })
  return best
}

/** The VM of a thread: that of its process, of a lock that it waits for, or of the nearest thread id. Undefined: the host's. */
function ownerOf(groups: readonly Group[], task: Task): Group | undefined {
  if (KERNEL_THREAD.test(task.name) || task.pid === 0) return undefined
  if (task.tgid > 0) {
    const ofProcess = groups.find(({ vcpus }) => vcpus.some(({ tgid }) => tgid === task.tgid))
    if (ofProcess !== undefined) return ofProcess
  }
  const locks: number[] = []
  task.waits.each((_, rwlock) => locks.push(rwlock))
  const waiting = groups.filter(({ vcpus }) =>
    vcpus.some((it) => locks.includes(tellingLock(it)) && tellingLock(it) !== NO_RWLOCK),
  )
  if (waiting.length === 1) return waiting[0]
  const isOfVmm = task.unmaps + task.ages + task.zaps + task.attributeChanges > 0
  return isOfVmm ? nearest(groups, task.pid) : undefined
}

function nearest(groups: readonly Group[], pid: number): Group {
  const distance = ({ vcpus }: Group) => Math.min(...vcpus.map((vcpu) => Math.abs(vcpu.pid - pid)))
  return groups.toSorted((a, b) => distance(a) - distance(b))[0]!
}

function vmOf(group: Group, number: number, groups: readonly Group[], recording: Recording): Vm {
  const own = new Set([...group.vcpus, ...group.others].map(({ pid }) => pid))
  const foreign = new Set(
    groups
      .filter((other) => other !== group)
      .flatMap(({ vcpus, others }) => [...vcpus, ...others].map(({ pid }) => pid)),
  )
  const space = spaceOf(recording.invalidations, own)
  const foreignSpace = spaceOf(recording.invalidations, foreign)
  const names = [...new Set(group.others.map(({ name }) => name))].slice(0, 2).join(', ')
  return {
    number,
    vcpus: group.vcpus.map(({ pid }) => pid),
    tasks: [...own],
    doubt: sharedDoubt(recording.invalidations, own, foreign, space, foreignSpace),
    says: `VM ${number}: vCPUs ${group.vcpus.map(({ pid }) => pid).join(', ')}${names === '' ? '' : ` of ${names}`}`,
    keepsTask: (pid) => !foreign.has(pid),
    // An event of a host thread belongs to the VM whose memory lies there; to both if neither is known to have it.
    keepsRange: (pid, start, end) => own.has(pid) || isIn(space, start, end) || !isIn(foreignSpace, start, end),
  }
}

/** Ranges that a thread of the host raised, and that may be any VM's as far as the others' show: each VM is given them. */
function sharedDoubt(
  log: InvalidationLog,
  own: ReadonlySet<number>,
  foreign: ReadonlySet<number>,
  space: Space,
  foreignSpace: Space,
): string | undefined {
  let shared = 0
  for (let index = 0; index < log.length; index += 1) {
    const pid = log.pids.at(index)
    const [start, end] = [log.start(index), log.end(index)]
    if (!own.has(pid) && !foreign.has(pid) && !isIn(space, start, end) && !isIn(foreignSpace, start, end)) shared += 1
  }
  return shared === 0
    ? undefined
    : `${shared.toLocaleString('en-US')} invalidations of threads of the host (ksmd, kswapd, ...) may be of any of the VMs: they are counted for each`
}

type Space = { readonly start: number; readonly end: number }

/** From the lowest to the highest page that these tasks invalidated. */
function spaceOf(log: InvalidationLog, pids: ReadonlySet<number>): Space {
  let start = Number.POSITIVE_INFINITY
  let end = Number.NEGATIVE_INFINITY
  for (let index = 0; index < log.length; index += 1) {
    if (!pids.has(log.pids.at(index)) || isEverything(log.pages.at(index))) continue
    start = Math.min(start, log.start(index))
    end = Math.max(end, log.end(index))
  }
  return { start, end }
}

const isIn = (space: Space, start: number, end: number) => start < space.end && end > space.start

/** The selected VMs; all if none was selected. Throws ReplayError if there is no such VM. */
export function chosen(vms: readonly Vm[], choice: VmChoice | undefined, { tasks }: Recording): readonly Vm[] {
  const { vm, pid, task } = choice ?? {}
  const named = new Set(tasks.all.filter((it) => task !== undefined && it.name.includes(task)).map((it) => it.pid))
  const ofProcess = new Set(tasks.all.filter((it) => it.tgid > 0 && it.tgid === pid).map((it) => it.pid))
  const isMeant = (candidate: Vm) =>
    (vm === undefined || candidate.number === vm) &&
    (pid === undefined || candidate.tasks.some((own) => own === pid || ofProcess.has(own))) &&
    (task === undefined || candidate.tasks.some((own) => named.has(own)))
  const found = vms.filter(isMeant)
  if (found.length > 0) return found
  const asked = vm !== undefined ? `number ${vm}` : pid !== undefined ? `thread ${pid}` : `task called ${task}`
  throw new ReplayError(
    `no VM of the recording has ${asked}`,
    `Its VMs: ${vms.map(({ says, vcpus }) => (vms.length === 1 ? `vCPUs ${vcpus.join(', ')}` : says)).join('; ')}.`,
  )
}
