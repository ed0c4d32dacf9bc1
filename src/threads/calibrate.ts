import type { CalibrationTask, PingPongTask } from './calibration-worker.ts'
import { Control, WARMUP } from './control.ts'
import { WorkerGroup } from './group.ts'

const WORKER = new URL('./calibration-worker.js', import.meta.url)

/** What this host's primitives cost, as it is now. Every run carries it. */
export async function calibrate(budgetMs: number): Promise<Record<string, number>> {
  const [costs] = await together<CalibrationTask, Record<string, number>>('primitives', 1, (control) => ({
    control,
    budgetMs,
  }))
  return { ...costs, two_thread_scaling: await scaling(budgetMs * 3) }
}

/** Arithmetic that two threads do at once, over what one does alone: 2 on two cores of one's own. */
async function scaling(budgetMs: number): Promise<number> {
  const rate = async (threads: number) => {
    const rates = await together<CalibrationTask, number>('arithmetic', threads, (control) => ({ control, budgetMs }))
    return rates.reduce((sum, each) => sum + each, 0)
  }
  const alone = await rate(1)
  return (await rate(2)) / alone
}

/** How long it takes one thread to be answered by another: by one that spins, and by one that sleeps. */
export async function handOver(rounds: number): Promise<Record<string, number>> {
  const median = async (sleeps: boolean) => {
    const words = new Int32Array(new SharedArrayBuffer(256))
    const each = await together<PingPongTask, number>('pingPong', 2, (control, side) => {
      return { control, words, side: side === 0 ? 0 : 1, rounds, sleeps }
    })
    return Math.max(...each)
  }
  return { spin_hand_over_ns: await median(false), sleep_hand_over_ns: await median(true) }
}

async function together<T, R>(
  task: string,
  threads: number,
  spec: (control: Int32Array<SharedArrayBuffer>, index: number) => T,
): Promise<R[]> {
  const control = new Control()
  const group = new WorkerGroup(WORKER, threads)
  try {
    const specs = Array.from({ length: threads }, (_, index) => spec(control.words, index))
    const ending = group.run<T, R>(task, specs, control)
    const start = setInterval(() => control.arrived >= threads && control.advance(WARMUP), 1)
    const settled = await ending.finally(() => clearInterval(start))
    return settled.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    })
  } finally {
    await group.destroy()
  }
}
