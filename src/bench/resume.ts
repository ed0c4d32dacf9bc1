import type { Result, Run } from './result.ts'

/** Runs of an earlier result that a plan need not repeat; each is taken once. */
export class Finished {
  readonly #runs: RunsByLoad

  constructor(earlier: Pick<Result, 'runs'> | undefined) {
    const runs = earlier?.runs ?? []
    this.#runs = new RunsByLoad(runs.filter(({ error, interrupted }) => error === null && interrupted === undefined))
  }

  /** All runs of a group, or none: its trials were interleaved. */
  take(wanted: readonly Asked[]): readonly Run[] | undefined {
    if (wanted.length === 0 || wanted.some((one) => !this.#runs.has(one))) return undefined
    return wanted.map((one) => this.#runs.take(one)!)
  }
}

type Asked = Pick<Run, 'scenario' | 'variant' | 'machine' | 'params'>

/** Earlier runs, looked up by their request and load; each is used once. */
export class RunsByLoad {
  readonly #byLoad = new Map<string, Run[]>()

  constructor(runs: readonly Run[]) {
    for (const run of runs) {
      const key = keyOf(run)
      const alike = this.#byLoad.get(key)
      if (alike === undefined) this.#byLoad.set(key, [run])
      else alike.push(run)
    }
  }

  has(asked: Asked): boolean {
    return (this.#byLoad.get(keyOf(asked))?.length ?? 0) > 0
  }

  take(asked: Asked): Run | undefined {
    return this.#byLoad.get(keyOf(asked))?.shift()
  }
}

const keyOf = ({ scenario, variant, machine, params }: Asked) => JSON.stringify([scenario, variant, machine, params])

type Calibrated = Pick<Result, 'calibration'>

/** A warning that the rest of the file was measured earlier, on a host that may have changed. */
export function driftSince(earlier: Calibrated, now: Calibrated): string[] {
  const [before, after] = [earlier.calibration.work_turn_ns, now.calibration.work_turn_ns]
  if (before === undefined || after === undefined) return []
  const percent = Math.round((after / before - 1) * 100)
  return Math.abs(percent) < 5
    ? []
    : [
        `measured when the plan was resumed, on a host that had become ${Math.abs(percent)} % ${percent > 0 ? 'slower' : 'faster'}`,
      ]
}
