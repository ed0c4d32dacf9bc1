import { FEW_WAITS } from '../bench/replaying.ts'
import type { ReplayedRecording, Run } from '../bench/result.ts'

/** The runs of a replay that may be used: all of them, or only the one that is compared with the recording. */
export type Fitness = {
  /** The runs whose figures say something. */
  readonly shown: readonly Run[]
  /** The warning printed before everything else, if there is one. */
  readonly first: readonly string[]
  /** Instead of the answers: null if they may be given. */
  readonly instead: readonly string[] | null
  readonly warnings: readonly string[]
}

/** A replay that does not reproduce its own recording predicts nothing about other variants. */
export function fitnessOf(runs: readonly Run[]): Fitness {
  const replayed = runs.find((run) => run.replayed !== undefined)?.replayed
  if (replayed === undefined) return { shown: runs, first: [], instead: null, warnings: [] }
  const others = runs.filter(({ variant }) => variant !== replayed.own)
  if (replayed.predicts === false) {
    return {
      shown: runs.filter(({ variant }) => variant === replayed.own),
      first: [`NOT PREDICTIVE: this replay misses its own recording: ${missText(replayed)}.`],
      instead: others.map(({ variant }) => `${variant}: not predictive.`),
      warnings: [],
    }
  }
  if (replayed.isAlone === true) return { shown: runs, first: [], instead: null, warnings: [aloneText(replayed)] }
  const unknown = replayed.predicts === null && others.length > 0
  return {
    shown: runs,
    first: [],
    instead: null,
    warnings: unknown ? [unknownText(replayed, others.length < runs.length)] : [],
  }
}

function missText({ own, misses }: ReplayedRecording): string {
  const stated: readonly (readonly [string, number | null])[] = [
    ['waits per fault', misses!.share],
    ['all waits together', misses!.total],
  ]
  const each = stated.flatMap(([name, miss]) => (miss === null ? [] : [`${name} are ${factor(miss)} the kernel's`]))
  return `with ${own} ${each.join(' and ')}`
}

const factor = (miss: number) => `${miss.toPrecision(2)} times`

/** `isRun`: the variant that is compared with the recording is among the runs, so only waits are missing. */
const unknownText = ({ own }: ReplayedRecording, isRun: boolean) =>
  isRun
    ? `it is unknown whether this replay predicts anything: the recording has fewer than ${FEW_WAITS} waits for mmu_lock to compare with, or none is traced`
    : `it is unknown whether this replay predicts anything: add --variant ${own}, if the recording contains waits for mmu_lock`

const aloneText = ({ own }: ReplayedRecording) =>
  `no replayed task waits for mmu_lock with ${own}, because no other task takes it at the same time: there are no waits to predict; if the recorded vCPUs waited for another task, that task is not in the recording`
