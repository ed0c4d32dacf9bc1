import type { Result, Run } from './result.ts'

/** Runs of an earlier result that a plan need not repeat; each is taken once. */
export class Finished {
  readonly #runs: Run[]

  constructor(earlier: Pick<Result, 'runs'> | undefined) {
    this.#runs = (earlier?.runs ?? []).filter(({ error, interrupted }) => error === null && interrupted === undefined)
  }

  /** All runs of a group, or none: its trials were interleaved. */
  take(wanted: readonly Asked[]): readonly Run[] | undefined {
    const found = wanted.map((one) => this.#runs.find((run) => isRunOf(run, one)))
    if (found.length === 0 || found.some((run) => run === undefined)) return undefined
    const taken = found as Run[]
    for (const run of taken) this.#runs.splice(this.#runs.indexOf(run), 1)
    return taken
  }
}

type Asked = Pick<Run, 'scenario' | 'variant' | 'machine' | 'params'>

/** Whether a run is the one that a plan asks for, under the same load. */
export const isRunOf = (run: Run, { scenario, variant, machine, params }: Asked): boolean =>
  run.scenario === scenario &&
  run.variant === variant &&
  run.machine === machine &&
  JSON.stringify(run.params) === JSON.stringify(params)

type Calibrated = Pick<Result, 'calibration'>

/** A doubt about what was measured later than the rest of its file, on a host that may have changed. */
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
