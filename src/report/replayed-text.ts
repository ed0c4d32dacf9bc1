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
  return { shown: runs, first: [], instead: null, warnings: unknown ? [unknownText(replayed)] : [] }
}

function missText({ own, misses }: ReplayedRecording): string {
  const said: readonly (readonly [string, number | null])[] = [
    ['waits per fault', misses!.share],
    ['all waits together', misses!.total],
  ]
  const each = said.flatMap(([name, miss]) => (miss === null ? [] : [`${name} are ${factor(miss)} the kernel's`]))
  return `with ${own} ${each.join(' and ')}`
}

const factor = (miss: number) => `${miss.toPrecision(2)} times`

const unknownText = ({ own }: ReplayedRecording) =>
  `whether this replay predicts anything is not known: add --variant ${own}, if the recording holds waits for mmu_lock`

const aloneText = ({ own }: ReplayedRecording) =>
  `nothing that is played of this recording waits for mmu_lock with ${own}, as nothing else takes it meanwhile: there are no waits to predict; what the recorded vCPUs waited for, if they did, is not in the recording`
