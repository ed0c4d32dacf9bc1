import { createHash } from 'node:crypto'
import { definitionOf, definitionOfTree } from '../definition/definition.ts'
import { NO_HOST } from '../header.ts'
import { engineHash } from '../host.ts'
import type { Noise, Result, Run } from '../result.ts'
import { median, medianInterval } from '../statistics.ts'
import { disordered, unequal, unless } from './claims.ts'

/** The header of a result: its identity, and where it was made. */
export function headerFaults(result: Result): string[] {
  const { createdAt, runs, host, calibration, source } = result
  const isMeasured = runs.some(({ kind }) => kind === 'measured')
  const isOwn = source.definition === definitionOfTree()
  return [
    ...unless(new Date(createdAt).getTime() >= 0, `createdAt is '${createdAt}', which is not a time`),
    ...unless(
      source.git === null || /^[0-9a-f]{40,64}$/.test(source.git),
      `source.git is '${source.git}', which is not a commit`,
    ),
    ...unless((source.git === null) === (source.dirty === null), 'source.git and source.dirty do not fit each other'),
    ...unless(
      isOwn === runs.every((run) => run.definition === definitionOf(run)) || isOwn === runs.length > 0,
      'source.definition is of other code than its runs',
    ),
    ...(isMeasured ? hostFaults(host, calibration) : modelledFaults(result, isOwn)),
  ]
}

function hostFaults(host: Result['host'], calibration: Result['calibration']): string[] {
  return [
    ...unless(host.cores >= 1 && host.memory > 0, `host: ${host.cores} cores and ${host.memory} bytes are no host`),
    ...unless(host.quota === null || host.quota > 0, `host: ${host.quota} CPUs is not a valid quota`),
    ...Object.entries(calibration).flatMap(([name, ns]) =>
      unless(Number.isFinite(ns) && ns > 0, `calibration: ${name} is ${ns}`),
    ),
    ...(Object.hasOwn(calibration, 'clock_read_ns')
      ? unequal('host.clockNs', host.clockNs, calibration.clock_read_ns!)
      : []),
  ]
}

/** A modelled result has no host and no time; its id is a hash of its inputs. */
function modelledFaults({ id, createdAt, host, command, seed, source, runs }: Result, isOwn: boolean): string[] {
  if (!id.startsWith('modelled-')) return []
  const engine = runs[0]?.model?.engineHash ?? engineHash()
  const identity = createHash('sha256')
    .update(JSON.stringify([source.definition, engine, command, seed]))
    .digest('hex')
  return [
    ...unless(JSON.stringify(host) === JSON.stringify(NO_HOST), 'host: a modelled result must not have one'),
    ...unless(new Date(createdAt).getTime() === 0, `createdAt: a modelled result has no time`),
    ...unless(
      !isOwn || id === `modelled-${identity.slice(0, 32)}`,
      `id is ${id}, by its command, seed and code it is modelled-${identity.slice(0, 32)}`,
    ),
  ]
}

/** The baseline against itself: the summary is that of its ratios, where the file keeps them. */
export function noiseFaults({ noise = {} }: Run): string[] {
  return Object.entries(noise).flatMap(([name, { ratio, ci95, n, ratios }]) => [
    ...unless(Number.isInteger(n) && n > 0, `noise of ${name}: n is ${n}`),
    ...disordered(`noise of ${name}`, [
      ['0', 0],
      ['the interval from', ci95[0]],
      ['the ratio', ratio],
      ['the interval to', ci95[1]],
    ]),
    ...(ratios === undefined ? [] : summaryFaults(name, { ratio, ci95, n }, ratios)),
  ])
}

function summaryFaults(name: string, { ratio, ci95, n }: Noise, ratios: readonly number[]): string[] {
  if (ratios.length === 0) return [`noise of ${name} has no ratios`]
  const [low, high] = medianInterval(ratios)
  return [
    ...unequal(`noise of ${name}: n`, n, ratios.length),
    ...unequal(`noise of ${name}: the ratio`, ratio, median(ratios)),
    ...unequal(`noise of ${name}: the interval from`, ci95[0], low),
    ...unequal(`noise of ${name}: the interval to`, ci95[1], high),
  ]
}

/** Only modelled runs have a machine that a profile describes. */
export const modelFaults = ({ kind, model }: Run): string[] =>
  kind === 'measured'
    ? unless(model === undefined, 'model: a measured run must not have one')
    : unless(model !== undefined, 'model: a modelled run must name its machine')

/** Events in the order of time, of things that there are. */
export function timelineFaults({ timeline }: Run): string[] {
  return (timeline?.cpus ?? []).flatMap(({ name, left, events }) => [
    ...unless(Number.isInteger(left) && left >= 0, `timeline of ${name}: ${left} events are left out`),
    ...unless(
      events.every(([ns], index) => ns >= (events[index - 1]?.[0] ?? 0)),
      `timeline of ${name}: its events are not in time order`,
    ),
  ])
}
