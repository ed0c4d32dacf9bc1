import { timelineOf } from '../bench/timeline.ts'
import type { Replayed } from '../checker/replay-schedule.ts'
import { playInOrder } from '../model/in-order.ts'
import { loadProfile } from '../model/profile.ts'
import { COUNTERS, type CounterName, isMaximum } from '../protocols/counters.ts'
import { timelineEvents } from '../report/chrome-trace/timeline-events.ts'
import { document } from '../report/chrome-trace/trace-event.ts'

/** The machine on which a schedule is played in virtual time: any would take the same steps. */
const MACHINE = 'altra-64'

type Counters = Readonly<Partial<Record<CounterName, number>>>

export type OnModel = {
  /** The counters of the modelled machine and those of the checker. */
  readonly counters: Counters
  readonly checked: Counters
  /** The same steps were taken, and left the same memory and the same counts. */
  readonly agrees: boolean
  /** The execution as a Chrome trace. */
  readonly trace: string
}

/** Plays the instructions of a schedule again in virtual time, in the same order, on the modelled machine. */
export function replayOnModel(replayed: Replayed): OnModel {
  const { program, patience, initial, order, counts } = replayed
  const { place, actors } = program
  const played = playInOrder({
    place,
    memory: initial,
    actors: actors.map(({ start }) => start),
    order,
    patience,
    machine: loadProfile(MACHINE),
  })
  const counters = named((index) => actors.reduce((sum, _, cpu) => sum + played.records.of(cpu).counters[index]!, 0))
  const checked = named((index) => counts.get(index) ?? 0)
  const isSameMemory = played.words.every((word, at) => word === replayed.memory[at])
  const timeline = timelineOf({ place, timelines: played.timelines }, (cpu) => actors[cpu]!.name, 0)!
  return {
    counters,
    checked,
    agrees: played.missed === 0 && isSameMemory && JSON.stringify(counters) === JSON.stringify(checked),
    trace: document(timelineEvents(timeline, 1, `schedule on ${MACHINE} (modelled)`), {}),
  }
}

/** The checker keeps no maxima. */
const named = (total: (counter: number) => number): Counters =>
  Object.fromEntries(
    COUNTERS.map((name, index) => [name, isMaximum(name) ? 0 : total(index)] as const).filter(([, count]) => count > 0),
  )
