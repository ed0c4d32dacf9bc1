import type { Cpu, Word } from '../shared-memory/cpu.ts'
import type { Place } from '../shared-memory/place.ts'
import { Records } from '../shared-memory/records.ts'
import type { Steps } from '../shared-memory/steps.ts'
import { shapeOf } from '../workers/run-result.ts'
import { Timeline, Trigger } from '../workers/timeline.ts'
import { costsOf } from './costs.ts'
import { Machine } from './machine.ts'
import type { Profile } from './profile.ts'

/** What is played: actors over a memory, and which of them takes the next instruction, of which word. */
export type InOrder = {
  readonly place: Place
  readonly memory: Int32Array
  readonly actors: readonly ((cpu: Cpu) => Steps<unknown>)[]
  readonly order: readonly { readonly actor: number; readonly kind: string; readonly word: number }[]
  /** How often a loop may ask whether a signal is pending, before one is. */
  readonly patience: number
  readonly machine: Profile
}

export type PlayedInOrder = {
  /** The memory afterwards. */
  readonly words: Int32Array
  readonly records: Records
  readonly timelines: readonly Timeline[]
  /** Instructions that an actor did not stand before when it was its turn: none, if the order is of these actors. */
  readonly missed: number
}

const EVENTS = 100_000
const FOREVER = Number.MAX_SAFE_INTEGER

/**
 * Plays actors in a given order instead of that of their clocks: the actor whose turn it is takes its instruction when the one before
 * has been taken, and pays for it. What costs time and is no access (`work`, `broadcast`, `pause`) is passed on the way.
 */
export function playInOrder({ place, memory, actors, order, patience, machine: profile }: InOrder): PlayedInOrder {
  const words = memory.slice()
  const shape = shapeOf(place, actors.length)
  const records = new Records(shape, Records.buffers(shape, ArrayBuffer))
  const timelines = actors.map(() => new Timeline(new Float64Array(Timeline.size(EVENTS))))
  const trigger = Trigger.of(new Int32Array(1), [])
  const noted = { timelines, trigger, ...watchedIn(place) }
  const machine = new Machine(
    {
      place,
      words,
      cpus: actors.length,
      costs: costsOf(profile),
      records,
      measureFrom: 0,
      measureUntil: FOREVER,
      seed: 1,
      placement: 'fill',
      noted,
      patience,
    },
    () => {},
  )
  for (const [id, start] of actors.entries()) {
    const cpu = machine.cpus[id]!
    cpu.ledger.running(0)
    machine.play(id, () => start(cpu), 0)
    machine.passUntilAccess(id)
  }
  let missed = 0
  for (const { actor, kind, word } of order) {
    if (kind === 'pause') continue
    if (machine.cpus[actor]!.pending.word !== word && kind !== 'park') missed += 1
    machine.takeTurn(actor)
    machine.passUntilAccess(actor)
  }
  return { words, records, timelines, missed }
}

const NOWHERE = -1 as Word

/** The words whose values a timeline shows, by the names that they have in every VM. */
function watchedIn(place: Place): { readonly invalidateSeq: Word; readonly invalidateInProgress: Word } {
  const named = (name: string) => place.entries.find((entry) => entry.name === name)?.word ?? NOWHERE
  return { invalidateSeq: named('mmuInvalidate.seq'), invalidateInProgress: named('mmuInvalidate.inProgress') }
}
