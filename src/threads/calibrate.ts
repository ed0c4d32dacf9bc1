import { RunFailed } from '../errors/faultline-error.ts'
import { BROADCAST, WORK } from '../protocols/costs.ts'
import { COUNTER } from '../protocols/counters.ts'
import type { AccessPlan } from '../workers/accesses.ts'
import type { CalibrationTask, HandOverTask } from './calibration-worker.ts'
import { START_DEADLINE_MS } from './conductor.ts'
import { Control, RunAborted, WARMUP } from './control.ts'
import { WorkerGroup } from './group.ts'
import { HAND_OVER_WORDS, type HandOverPlan } from './hand-over.ts'
import { run } from './run.ts'

const WORKER = new URL('./calibration-worker.js', import.meta.url)

/** The current cost of this host's primitives. Every run includes it. */
export async function calibrate(
  budgetMs: number,
  signal?: AbortSignal,
  worker: URL = WORKER,
): Promise<Record<string, number>> {
  return await withThreads(2, worker, async (group) => {
    const twoThreadScaling = await scaling(group, budgetMs * 3, signal)
    // Both threads have started by now, so nothing else is at work.
    const [costs] = await together<CalibrationTask, Record<string, number>>(
      group,
      'primitives',
      1,
      taskOf(budgetMs),
      signal,
    )
    return { ...costs, two_thread_scaling: twoThreadScaling }
  })
}

const taskOf = (budgetMs: number) => (control: Int32Array<SharedArrayBuffer>) => ({ control, budgetMs })

/** The primitive by which work is turned, in ns: whether the host is still as fast. */
export async function calibrateTurn(budgetMs: number): Promise<number> {
  return await withThreads(1, WORKER, async (group) => {
    const spec = (control: Int32Array<SharedArrayBuffer>) => ({ control, budgetMs, only: 'work_turn_ns' })
    const [costs] = await together<CalibrationTask, Record<string, number>>(group, 'primitives', 1, spec)
    return costs!.work_turn_ns!
  })
}

/** The work of two threads at the same time, relative to one alone: 2 on two free cores. */
async function scaling(group: WorkerGroup, budgetMs: number, signal: AbortSignal | undefined): Promise<number> {
  const rate = async (threads: number) => {
    const rates = await together<CalibrationTask, number>(group, 'arithmetic', threads, taskOf(budgetMs), signal)
    return rates.reduce((sum, each) => sum + each, 0)
  }
  const both = await rate(2)
  return both / (await rate(1))
}

/** Further figures for a model of this host: hand-overs between its threads, and the cost of a role for them. */
export async function calibrateForModel(turnNs: number): Promise<Record<string, number>> {
  return {
    spin_hand_over_ns: await handOver({ batches: 1500, rounds: 1000, sleeps: false }),
    sleep_hand_over_ns: await handOver({ batches: 300, rounds: 10, sleeps: true }),
    guest_access_ns: await guestAccess(turnNs),
  }
}

/** The time until a thread gets an answer from another one, which spins or sleeps. */
async function handOver(plan: HandOverPlan): Promise<number> {
  const words = new Int32Array(new SharedArrayBuffer(HAND_OVER_WORDS * 4))
  return await withThreads(2, WORKER, async (group) => {
    const each = await together<HandOverTask, number>(group, 'handOver', 2, (control, side) => {
      return { control, words, side: side === 0 ? 0 : 1, ...plan }
    })
    return Math.max(...each)
  })
}

const GUEST_RUNS = 5

/**
 * Median ns of an access of a guest that has the translation: the cost that it is given, and what playing the role costs a thread.
 * Each run is one of fresh threads, as its compiler takes other decisions.
 */
async function guestAccess(turnNs: number): Promise<number> {
  const each: number[] = []
  for (let index = 0; index < GUEST_RUNS; index += 1) {
    const { windows, records } = await run({
      system: {
        ...{ variant: 'precheck', cpus: 1, vcpus: 1, mmu: 'tdp', preempt: 'full', tlbEntries: 1, hugePerMille: 0 },
        memslots: [{ slot: 0, baseGfn: 0, hva: 0, pages: 1 }],
        ...{ oracles: false, lockStatistics: false },
      },
      roles: [{ role: 'vcpu', accesses: ONE_PAGE, sampleEvery: 0 }],
      ...{ warmupMs: 500, durationMs: 100, recordingMs: 0, cores: 1, stallMs: 10_000 },
      workTurns: WORK.map(({ ns }) => ns / turnNs),
      broadcastTurns: BROADCAST.map(({ ns }) => ns / turnNs),
    })
    const { beganNs, endedNs } = windows[0]!
    each.push((endedNs - beganNs) / records.of(0).counters[COUNTER.guest_accesses]!)
  }
  return each.sort((a, b) => a - b)[Math.floor(GUEST_RUNS / 2)]!
}

const ONE_PAGE: AccessPlan = {
  ...{ kind: 'touch', hotGfns: [0], hotPerMille: 500, firstGfn: 0, pages: 1, seed: 1, everyNs: 0, startNs: 0 },
}

async function withThreads<T>(threads: number, worker: URL, work: (group: WorkerGroup) => Promise<T>): Promise<T> {
  const group = new WorkerGroup(worker, threads)
  try {
    return await work(group)
  } finally {
    await group.destroy()
  }
}

async function together<T, R>(
  group: WorkerGroup,
  task: string,
  threads: number,
  spec: (control: Int32Array<SharedArrayBuffer>, index: number) => T,
  signal?: AbortSignal,
): Promise<R[]> {
  const control = new Control()
  const giveUp = () => control.abort()
  signal?.addEventListener('abort', giveUp, { once: true })
  try {
    const specs = Array.from({ length: threads }, (_, index) => spec(control.words, index))
    const ending = group.run<T, R>(task, specs, control)
    const began = performance.now()
    const start = setInterval(() => {
      if (control.arrived >= threads) control.advance(WARMUP)
      else if (performance.now() - began > START_DEADLINE_MS) control.abort()
    }, 1)
    const settled = await ending.finally(() => clearInterval(start))
    return settled.map((outcome) => {
      if (outcome.status === 'rejected') throw calibrationFailed(outcome.reason, signal)
      return outcome.value
    })
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
}

function calibrationFailed(reason: Error | undefined, signal: AbortSignal | undefined): RunFailed {
  if (signal?.aborted) return new RunFailed('INTERRUPTED', 'the calibration was interrupted')
  const message = reason instanceof RunAborted ? 'none finished' : String(reason?.message ?? reason)
  return new RunFailed('WORKER_FAILED', `a worker failed while this host was calibrated: ${message}`, { cause: reason })
}
