import { COUNTER, type CounterName } from '../../protocols/counters.ts'
import type { RoleName, RolePlan } from '../../workers/roles.ts'
import type { RunResult } from '../../workers/run-result.ts'
import type { MetricName } from '../metrics.ts'

export type Metrics = Readonly<Partial<Record<MetricName, number>>>

/** The counters of some CPUs of a trial. */
export class Tally {
  readonly cpus: readonly number[]
  readonly #run: RunResult
  readonly #roles: readonly RolePlan[]

  constructor(run: RunResult, roles: readonly RolePlan[], cpus: readonly number[] = [...roles.keys()]) {
    this.#run = run
    this.#roles = roles
    this.cpus = cpus
  }

  /** The CPUs that play one of these roles. */
  of(...names: readonly RoleName[]): Tally {
    return this.#only((role) => names.includes(role))
  }

  /** The CPUs that play none of these roles. */
  except(...names: readonly RoleName[]): Tally {
    return this.#only((role) => !names.includes(role))
  }

  /** The sum of these counters. */
  sum(...names: readonly CounterName[]): number {
    return this.cpus.reduce((total, cpu) => total + this.#sumOf(cpu, names), 0)
  }

  /** The same a second. Each CPU counts over its own window, which ends with an operation: rates are added up. */
  rate(...names: readonly CounterName[]): number {
    return this.cpus.reduce((total, cpu) => {
      const { beganNs, endedNs } = this.#run.windows[cpu]!
      // One operation may be as long as the run: a worker that did not begin a second one counts nothing.
      return endedNs > beganNs ? total + this.#sumOf(cpu, names) / ((endedNs - beganNs) / 1e9) : total
    }, 0)
  }

  #only(isWanted: (role: RoleName) => boolean): Tally {
    const cpus = this.cpus.filter((cpu) => isWanted(this.#roles[cpu]!.role))
    return new Tally(this.#run, this.#roles, cpus)
  }

  #sumOf(cpu: number, names: readonly CounterName[]): number {
    const { counters } = this.#run.records.of(cpu)
    return names.reduce((total, name) => total + counters[COUNTER[name]]!, 0)
  }
}

/** Some metrics for each of something; none if there was nothing. */
export const per = (count: number, metrics: (count: number) => Metrics): Metrics => (count === 0 ? {} : metrics(count))
