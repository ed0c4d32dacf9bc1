import type { Live } from '../bench/machines/machine.ts'
import { type LiveFrame, liveText } from '../report/live-text.ts'
import type { LiveRun } from '../threads/live.ts'
import type { Io } from './io.ts'
import type { Progress } from './progress.ts'

const EVERY_MS = 200
const WIDTH = 80

/** Shows below the progress what each worker has counted, while it runs. */
export const liveView =
  (progress: Progress, { errSize }: Io): Live =>
  (label, run) => {
    let before = looked(label, run, undefined)
    const show = () => {
      before = looked(label, run, before)
      progress.watched(liveText(before, errSize?.columns ?? WIDTH))
    }
    const timer = setInterval(show, EVERY_MS)
    return () => {
      clearInterval(timer)
      show()
    }
  }

/** The current frame; rates cover the time since the previous one. */
function looked(label: string, run: LiveRun, before: LiveFrame | undefined): LiveFrame {
  const atMs = performance.now()
  const workers = run.workers()
  const total = (counter: number) => workers.reduce((sum, { counts }) => sum + counts[counter]!, 0)
  const totals = run.counters.map((_, counter) => total(counter))
  const seconds = before === undefined ? 0 : (atMs - before.atMs) / 1000
  const perSecond = totals.map((count, counter) =>
    before === undefined || seconds === 0 ? 0 : (count - before.totals[counter]!) / seconds,
  )
  return { label, atMs, phase: run.phase(), counters: run.counters, workers, totals, perSecond }
}
