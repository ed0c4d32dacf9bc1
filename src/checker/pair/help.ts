import { Cells } from '../cells.ts'
import { type Exploring, exploring, FOR_EVER, reductionOf } from '../exploring.ts'
import { withGuards } from '../guards.ts'
import type { Limits } from '../limits.ts'
import type { Program } from '../program.ts'
import type { Reducer } from '../reducer.ts'
import { Walk } from '../walk.ts'
import { watchedOnce } from '../watch.ts'
import { OpenStates } from './open-states.ts'
import { Sharing } from './sharing.ts'
import { type Begin, type Link, type Message, Side } from './side.ts'

/** Between two executions that are run twice, the number grows by this factor. */
const RERUN_GROWTH = 16

/** Helps another thread to explore a program, until that says that all is done. */
export function help(program: Program, limits: Limits, link: Link): void {
  const side = new Side(link, 1)
  side.becomeIdle()
  side.isReady = true
  const first = nextFrom(side)
  if (first.is !== 'begin') return
  withGuards(() =>
    watchedOnce((watch) => {
      const parts = exploring(program, limits, watch, RERUN_GROWTH)
      new Helper(parts, limits, side, first.begin).run()
    }),
  )
}

/** The next thing that the other thread says. */
function nextFrom(side: Side): Message {
  let message: Message | undefined
  side.waitUntil(() => {
    message = side.receive()
    return message !== undefined
  })
  return message!
}

class Helper {
  readonly #parts: Exploring
  readonly #side: Side
  readonly #walk: Walk
  readonly #reduction: Reducer
  readonly #sharing: Sharing
  readonly #patience: number
  /** The other thread needs no more help: it may say so while there is work left. */
  #isOver = false

  constructor(parts: Exploring, limits: Limits, side: Side, begin: Begin) {
    this.#parts = parts
    this.#side = side
    this.#patience = limits.patience
    const cells = new Cells()
    cells.adopt(begin.cells)
    const { machine, hooks } = parts
    this.#reduction = reductionOf(machine, cells)
    this.#reduction.tellAndHear()
    this.#reduction.receive(begin.news)
    const walk = new Walk(machine, { ...limits, isOver: () => false }, this.#reduction, hooks)
    this.#walk = walk
    walk.open = new OpenStates(begin.open[1])
    this.#sharing = new Sharing(walk, this.#reduction, side, new OpenStates(begin.open[0]), new OpenStates(begin.kept))
    walk.company = this.#sharing
    this.#beginRound(begin.table)
  }

  run(): void {
    while (!this.#isOver) this.#receive(nextFrom(this.#side))
    const { behaviours } = this.#parts.machine
    const covered = behaviours.flatMap(({ covered: counters }) => [...counters])
    const visited = behaviours.flatMap(({ visited: sites }) => [...sites])
    this.#side.send({ is: 'done', done: { counts: this.#counts(), covered, visited } })
  }

  #counts() {
    return { ...this.#walk.counts, steps: this.#walk.counts.steps + this.#walk.steps, states: this.#walk.visited.size }
  }

  #receive(message: Message): void {
    if (message.is === 'over') this.#isOver = true
    else if (message.is === 'round') this.#beginRound(message.table)
    else if (message.is === 'table') this.#walk.visited.adopt(message.table)
    else if (message.is === 'settle') this.#settle(message)
    else if (this.#sharing.receive(message)) this.#work()
  }

  #beginRound(table: SharedArrayBuffer): void {
    const walk = this.#walk
    walk.endRound()
    walk.beginRound(table)
    walk.visited.share()
    this.#side.tellStates(walk.visited)
  }

  #settle({ news }: Message & { readonly is: 'settle' }): void {
    this.#reduction.receive(news)
    this.#side.send({ is: 'settled', news: this.#reduction.news(), isRefuted: this.#reduction.isRefuted })
  }

  /** Until nothing is left to do, or nothing is wanted any more. */
  #work(): void {
    const walk = this.#walk
    while (!this.#parts.hooks.watch(() => walk.slice()) && !this.#side.isStopped) this.#meet()
    if (walk.outcome.verdict !== 'PASS') this.#tell()
    walk.drop()
    this.#sharing.tellNews()
    this.#side.tellStates(walk.visited)
    this.#side.becomeIdle()
  }

  #meet(): void {
    const side = this.#side
    side.tellSteps(this.#counts().steps)
    if (this.#reduction.isRefuted && !side.isRefuted) side.isRefuted = true
    this.#sharing.tellNews()
    if (this.#sharing.isFull) side.grows = true
    if (side.grows) this.#stand()
    for (let got = side.receive(); got !== undefined; got = side.receive()) this.#receive(got)
    if (!side.isStopped) this.#sharing.share()
  }

  /** While the states are moved. */
  #stand(): void {
    const side = this.#side
    side.stands = true
    side.waitUntil(() => !side.grows)
    side.stands = false
  }

  /** Reports a finding, or a bound that was reached. */
  #tell(): void {
    const { outcome } = this.#walk
    const { probe } = this.#parts
    const isLivelock = outcome.verdict === 'FAIL' && probe.schedule.length > 0
    this.#side.send({
      is: 'outcome',
      outcome: isLivelock ? { ...outcome, schedule: probe.schedule } : outcome,
      patience: isLivelock ? FOR_EVER : this.#patience,
    })
    this.#side.isStopped = true
  }
}
