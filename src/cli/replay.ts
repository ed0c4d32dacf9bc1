import type { Replay } from '../bench/plan.ts'
import { chooseMemslots } from '../replay/infer-memslots.ts'
import { readMemslots } from '../replay/read-memslots.ts'
import { readRecording } from '../replay/read-recording.ts'
import { parseSpeed } from '../replay/speed.ts'
import type { VmChoice } from '../replay/vms.ts'
import { type Workload, waitsFor, workloadOf } from '../replay/workload.ts'
import type { Io } from './io.ts'

/** More threads that invalidate than this are played by the busiest ones. */
const MOST_NOTIFIERS = 4

export type ReplayArgs = {
  readonly trace: string
  readonly memslots: string | undefined
  readonly speed: string
  readonly choice?: VmChoice
  readonly tickRate?: number
}

/** Reads a recording and makes it a load. */
export async function readReplay({ trace, memslots, speed, choice, tickRate }: ReplayArgs, io: Io): Promise<Replay> {
  const rate = parseSpeed(speed)
  const given = memslots === undefined ? undefined : await readMemslots(memslots)
  const recording = await readRecording(trace, {
    keepStreams: true,
    stdin: io.stdin,
    ...(choice === undefined ? {} : { choice }),
    ...(tickRate === undefined ? {} : { tickRate }),
  })
  const workload = workloadOf(recording, chooseMemslots(recording, given), { speed: rate, notifiers: MOST_NOTIFIERS })
  return {
    file: trace,
    speed,
    recording: {
      spanNs: workload.replayNs,
      accesses: workload.vcpus.map(({ accesses }) => accesses),
      invalidations: workload.notifiers.map(({ invalidations }) => invalidations),
      memslots: workload.memslots,
      updates: workload.updaters.map(({ atNs }) => {
        return { kind: 'recorded', id: workload.spareMemslot.slot, atNs } as const
      }),
      spareMemslot: workload.spareMemslot,
      zaps: workload.updaters.flatMap(({ zap }) => (zap === null ? [] : [zap])),
    },
    host: { mmu: workload.mmu, ...(workload.preempt === null ? {} : { preempt: workload.preempt }) },
    says: [`${workload.faultsSay}; ${workload.memslotsSay}`, workload.playsSay, ...workload.warnings],
    updatesSay: workload.updatesSay,
    zapsSay: workload.zapsSay,
    kernel: kernelFigures(workload),
    plays: workload.plays,
    costs: workload.costs,
  }
}

/** What the kernel itself did, to stand beside what the replay does. */
function kernelFigures({ faults, mmuLock }: Workload): Replay['kernel'] {
  const ofVcpus = mmuLock?.contention.filter(({ role }) => role === 'vcpu').map(({ waitsNs }) => waitsNs) ?? []
  const commonest = ofVcpus.toSorted((a, b) => b.count - a.count)[0]
  return {
    faults,
    waits: mmuLock === null ? null : waitsFor(mmuLock, 'vcpu'),
    waitTotalNs: mmuLock === null ? null : ofVcpus.reduce((sum, { total }) => sum + total, 0),
    // The median of the side that faults take; the other hardly occurs.
    waitMedianNs: commonest?.median ?? null,
    notifierWaits: mmuLock === null ? null : waitsFor(mmuLock, 'notifier'),
    holdNs: mmuLock?.holdEstimateNs?.trimmedMean ?? null,
  }
}
