import { ModelFailed } from '../../../errors/faultline-error.ts'
import { BLAMES } from '../../../model/blame.ts'
import { type ModelOptions, type ModelResult, runModel } from '../../../model/run.ts'
import { type RolePlan, workerName } from '../../../workers/roles.ts'
import { Histogram, type SentHistogram } from '../../histograms.ts'
import type { ModelInfo, RunTimeline } from '../../result.ts'
import { timelineOf } from '../../timeline.ts'
import { type Trial, trialOf } from '../../trial.ts'

/** A modelled run, as data: any thread can carry it out. */
export type ModelTask = Omit<ModelOptions, 'signal'>

type SentTrial = Omit<Trial, 'histograms'> & { readonly histograms: readonly (readonly [string, SentHistogram])[] }

type Played = {
  readonly trial: SentTrial
  readonly blocked: ModelInfo['blocked']
  readonly steps: number
  readonly ms: number
  readonly timeline: RunTimeline | undefined
}

/** The result of a task, as data. */
export type Answer = Played | { readonly failed: Pick<ModelFailed, 'code' | 'message' | 'cause'> }

/** Carries a task out on the current thread. */
export async function playTask(task: ModelTask, signal?: AbortSignal): Promise<Answer> {
  const began = performance.now()
  try {
    const { roles, seed } = task
    const ran = await runModel({ ...task, ...(signal === undefined ? {} : { signal }) })
    // Watching costs nothing in virtual time, so that one run gives throughput and latencies.
    const throughput = trialOf(ran, roles, 'throughput')
    const latency = trialOf(ran, roles, 'latency')
    return {
      trial: {
        ...latency,
        metrics: { ...throughput.metrics, ...latency.metrics },
        histograms: [...latency.histograms].map(([name, histogram]) => [name, histogram.sent()] as const),
      },
      blocked: blockedOf(ran, roles),
      steps: ran.steps,
      ms: performance.now() - began,
      timeline: timelineOf(ran, (cpu) => workerName(roles, cpu), seed),
    }
  } catch (cause) {
    if (!(cause instanceof ModelFailed)) throw cause
    return { failed: { code: cause.code, message: cause.message, cause: cause.cause } }
  }
}

export type PlayedTrial = Omit<Played, 'trial'> & { readonly trial: Trial }

/** The result of a task, on the requesting thread; throws if the run did. */
export function received(answer: Answer): PlayedTrial {
  if ('failed' in answer) {
    const { code, message, cause } = answer.failed
    throw new ModelFailed(code, message, { cause })
  }
  const histograms = answer.trial.histograms.map(([name, sent]) => [name, Histogram.received(sent)] as const)
  return { ...answer, trial: { ...answer.trial, histograms: new Map(histograms) as Trial['histograms'] } }
}

function blockedOf({ windows, blockedNs }: ModelResult, roles: readonly RolePlan[]): ModelInfo['blocked'] {
  const names = [...new Set(roles.map(({ role }) => role))]
  return names.map((role) => {
    const cpus = [...roles.keys()].filter((cpu) => roles[cpu]!.role === role)
    const sum = (of: (cpu: number) => number) => cpus.reduce((total, cpu) => total + of(cpu), 0)
    const ns = BLAMES.map(({ name }, index) => [name, sum((cpu) => blockedNs[cpu]![index]!)] as const)
    const whole = sum((cpu) => windows[cpu]!.endedNs - windows[cpu]!.beganNs)
    const busy = whole - ns.reduce((total, [, time]) => total + time, 0)
    return { role, count: cpus.length, ns: { busy, ...Object.fromEntries(ns.filter(([, time]) => time > 0)) } }
  })
}
