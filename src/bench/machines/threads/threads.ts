import { calibrateTurn } from '../../../threads/calibrate.ts'
import type { LiveRun } from '../../../threads/live.ts'
import type { BenchOptions } from '../../bench-options.ts'
import { CALIBRATION_MS } from '../../header.ts'
import { readSteal, usableCores } from '../../host.ts'
import { workersOf } from '../../load.ts'
import { type Group, isPlayedInTime } from '../../plan.ts'
import type { Result } from '../../result.ts'
import { driftSince } from '../../resume.ts'
import { errorOf } from '../../run-error.ts'
import type { Gathered, Listeners, Machine, Point, TrialEnded } from '../machine.ts'
import { undisturbed } from './disturbance.ts'
import type { Circumstances } from './doubts.ts'
import { failedOf } from './failed.ts'
import { KeptWorkers } from './kept.ts'
import { gather, Session } from './session.ts'
import { measured } from './trial.ts'

/** Threads of this host: one trial at a time, those of the variants interleaved. */
export class Threads implements Machine {
  readonly #options: BenchOptions
  readonly #header: Pick<Result, 'calibration' | 'host'>
  readonly #listeners: Listeners

  constructor(options: BenchOptions, header: Result, listeners: Listeners) {
    this.#options = options
    this.#header = header
    this.#listeners = listeners
  }

  async play(point: Point, trialEnded: TrialEnded): Promise<readonly Gathered[]> {
    const { earlier, signal } = this.#options
    const { calibration, host } = this.#header
    const turnNs = calibration.work_turn_ns!
    const drift = earlier === undefined ? [] : driftSince(earlier, this.#header)
    const circumstances = this.#circumstances(point.group, usableCores(host), turnNs)
    const session = new Session(point)
    await this.#make(session, turnNs, () => trialEnded(() => gather(session, circumstances(turnNs), drift, true)))
    const isCut = signal.aborted
    const turnsAfter = isCut ? turnNs : await calibrateTurn(CALIBRATION_MS)
    return gather(session, circumstances(turnsAfter), drift, isCut)
  }

  async #make(session: Session, turnNs: number, ended: () => void): Promise<void> {
    const { plan, stops, signal } = this.#options
    const { group, schedule } = session.point
    const { onLive } = this.#listeners
    const kept = new KeptWorkers()
    const host = { plan, cores: usableCores(this.#header.host), turnNs, signal }
    for (const [place, planned] of schedule.entries()) {
      const { name } = group.variants[planned.variant]!
      const label = `${group.scenario.name} ${name}`
      this.#listeners.onTrial(label, group)
      const watch = onLive === undefined ? undefined : (run: LiveRun) => onLive(label, run)
      try {
        if (kept.isOver(planned)) session.addViolations(await kept.end(planned.start))
        const conditions = { ...host, watch }
        const trial = () =>
          planned.start === undefined ? measured(group, planned, conditions) : kept.measured(group, planned, conditions)
        const { value, disturbed } = await undisturbed(stops, trial)
        session.disturbed += disturbed
        if (value === undefined) continue
        session.add({ planned, place, trial: value.trial }, value.timeline)
        ended()
      } catch (cause) {
        if (signal.aborted) break
        this.#listeners.onFailure(cause)
        session.fails(errorOf(cause, group, name), failedOf(cause, planned.variant))
        break
      }
    }
    // After a failure it was said; those that are interrupted end without a result.
    session.addViolations(await kept.end().catch(() => []))
    session.ends()
  }

  /** The current circumstances, given the duration of a turn of the calibrated loop. */
  #circumstances(group: Group, cores: number, turnNs: number): (turnsAfter: number) => Circumstances {
    const before = readSteal()
    return (turnsAfter) => {
      const after = readSteal()
      return {
        workers: workersOf(group),
        cores,
        calibration: this.#header.calibration,
        turnNs: [turnNs, turnsAfter],
        stealShare: (after.steal - before.steal) / Math.max(1, after.total - before.total),
        expectedMs: isPlayedInTime(group) ? 0 : this.#options.plan.durationMs,
      }
    }
  }
}
