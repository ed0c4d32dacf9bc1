import { WMB } from '../shared-memory/cpu.ts'
import {
  ASKED,
  Behaviour,
  type BehaviourOptions,
  COUNT,
  ENDED,
  PEEK,
  POKE,
  START,
  THREW,
  VIOLATION,
} from './behaviour.ts'
import { mixHigh, mixLow } from './fingerprint.ts'
import { Column } from './growing.ts'
import {
  BARRIER,
  CAS,
  isRead,
  PARK,
  PAUSE,
  READ,
  STORE,
  UNPARK,
  UNTIL_CLEAR,
  UNTIL_EQUAL,
  valueAfter,
  WRITE,
} from './instructions.ts'
import { mayFindOlder } from './memory/order.ts'
import { WeakMemory } from './memory/weak-memory.ts'
import type { Actor, Finding, Program } from './program.ts'

/** In the word that says how an actor sleeps: 0 it does not, from 1 on its place in the queue, or that it was woken. */
const WOKEN = -1

/** Above all words, so that nodes and words never mix alike. */
const NODE_PLACE = 0x4000_0000

/**
 * A state of a program, and the way from it to the next and back. A state is the memory and, for each actor, the node of
 * its behaviour; its fingerprint of 64 bits is kept up to date with every change. Going back undoes writes from a log.
 */
export class Machine {
  readonly program: Program
  /** Who can step: the actors, and behind them what weak memory adds. */
  readonly steppers: number
  readonly actors: number
  /** None if memory is sequentially consistent. */
  readonly weak: WeakMemory | undefined
  readonly behaviours: readonly Behaviour[]
  /** The words of the program, behind them one for each actor: how it sleeps, and then those of weak memory. */
  readonly memory: Int32Array
  /** Where each actor stands. */
  readonly nodes: Int32Array
  /** The fingerprint. */
  hashLow = 0
  hashHigh = 0
  /** The part of it that is kept up to date word by word: all of it, if memory is sequentially consistent. */
  #low = 0
  #high = 0
  /** Since the machine was built, however often it went back. */
  steps = 0
  /** Steps on the way to this state, and who took each: the schedule. */
  depth = 0
  readonly #schedule = new Column()
  readonly #from = new Column()
  readonly #logAt = new Column()
  readonly #lows = new Column()
  readonly #highs = new Column()
  readonly #lowParts = new Column()
  readonly #highParts = new Column()
  readonly #counts = new Column()
  readonly #log = new Column()
  #logged = 0
  /** What the counters that are kept have come to. */
  counted = 0
  /** What the last step returned to its actor, before anything is made of it. */
  answer = 0
  /** In the last step a loop asked whether a signal is pending: 1 if none was, 2 if one was. */
  signals = 0
  /** Nodes that say which properties the last step violated. */
  readonly violated: number[] = []
  /** Of the counters that are kept, what the last step counted: counter and number by turns; at first, what came before it. */
  readonly tallied: number[] = []

  constructor(program: Program, options: BehaviourOptions) {
    this.program = program
    this.actors = program.actors.length
    const own = program.memory.length + this.actors
    const model = options.memory ?? 'sc'
    this.memory = new Int32Array(own + (model === 'sc' ? 0 : WeakMemory.wordsFor(this.actors)))
    this.memory.set(program.before === undefined ? program.memory : memoryAfter(program, program.before))
    this.nodes = new Int32Array(this.actors)
    const look = (id: number) => (word: number) => this.#seenBy(id, word)
    this.behaviours = program.actors.map(({ start }, id) => new Behaviour(id, start, look(id), options))
    this.weak = model === 'sc' ? undefined : new WeakMemory(this, this.actors, own, model)
    this.steppers = this.weak?.steppers ?? this.actors
    for (let actor = 0; actor < this.actors; actor += 1) this.#advance(actor, this.behaviours[actor]!, 0, 0)
    this.#sum()
  }

  /** The actor whose step it is, or whose store or load. */
  actorOf(stepper: number): number {
    return stepper < this.actors ? stepper : this.weak!.cpuOf(stepper)
  }

  /** As bits: the actor of this step, and all who step for it. */
  steppersOf(stepper: number): number {
    return this.weak === undefined ? 1 << stepper : this.weak.steppersOf(this.actorOf(stepper))
  }

  /** Who must step for the next instruction of an actor to see what is new: itself, unless it would read an older value. */
  newestFirst(actor: number): number {
    if (this.weak === undefined || this.weak.olderEntry(actor) < 0) return actor
    return this.codeOf(actor) === READ ? actor : this.weak.renewalId(actor)
  }

  /** Whether a step may be left out for ever: a compiler may keep what it loaded plainly. */
  isOptional(stepper: number): boolean {
    return stepper >= this.actors && !this.weak!.isLane(stepper) && this.codeOf(this.actorOf(stepper)) === READ
  }

  #seenBy(actor: number, word: number): number {
    return this.weak === undefined ? this.memory[word]! : this.weak.seenBy(actor, word)
  }

  codeOf(actor: number): number {
    return this.behaviours[actor]!.kind.at[this.nodes[actor]!]!
  }

  hasEnded(actor: number): boolean {
    return this.codeOf(actor) > START
  }

  /** False if it waits, sleeps or has ended. */
  canStep(actor: number): boolean {
    if (actor >= this.actors) return this.weak!.canStep(actor)
    const behaviour = this.behaviours[actor]!
    const node = this.nodes[actor]!
    const code = behaviour.kind.at[node]!
    if (code >= START) return false
    if (this.weak !== undefined && !this.weak.isFree(actor, node)) return false
    if (code < UNTIL_EQUAL) return true
    if (code === UNTIL_EQUAL) return this.#seenBy(actor, behaviour.word.at[node]!) === behaviour.a.at[node]
    if (code === UNTIL_CLEAR) return (this.#seenBy(actor, behaviour.word.at[node]!) & behaviour.a.at[node]!) === 0
    if (code === PARK) return this.memory[this.sleepWord(actor)]! <= 0
    if (code === PAUSE) return this.#seesChange(actor, behaviour, node)
    return true
  }

  #seesChange(actor: number, behaviour: Behaviour, node: number): boolean {
    const spin = behaviour.spins.get(node)
    if (spin === undefined) return true
    for (let at = 0; at < spin.length; at += 2) if (this.#seenBy(actor, spin[at]!) !== spin[at + 1]) return true
    return false
  }

  sleepWord(actor: number): number {
    return this.program.memory.length + actor
  }

  /** Takes one step of somebody who can; of an actor with what follows up to its next instruction. */
  step(stepper: number): void {
    const actor = this.actorOf(stepper)
    const behaviour = this.behaviours[actor]!
    const node = this.nodes[actor]!
    this.#remember(stepper, node)
    this.steps += 1
    if (this.violated.length > 0) this.violated.length = 0
    if (this.tallied.length > 0) this.tallied.length = 0
    this.signals = 0
    if (stepper === actor) {
      const answer =
        this.weak === undefined ? this.#carryOut(actor, behaviour, node) : this.#carryOutWeakly(actor, node)
      this.answer = answer
      if (answer !== ASLEEP) this.#advance(actor, behaviour, node, answer)
    } else {
      this.weak!.step(stepper)
    }
    this.#sum()
  }

  #sum(): void {
    this.hashLow = this.#low
    this.hashHigh = this.#high
    if (this.weak === undefined) return
    this.weak.hash()
    this.hashLow ^= this.weak.low
    this.hashHigh ^= this.weak.high
  }

  /** Undoes the last step. */
  back(): void {
    this.depth -= 1
    const actor = this.actorOf(this.#schedule.at[this.depth]!)
    this.nodes[actor] = this.#from.at[this.depth]!
    this.hashLow = this.#lows.at[this.depth]!
    this.hashHigh = this.#highs.at[this.depth]!
    this.#low = this.#lowParts.at[this.depth]!
    this.#high = this.#highParts.at[this.depth]!
    this.counted = this.#counts.at[this.depth]!
    const log = this.#log.at
    for (const until = this.#logAt.at[this.depth]!; this.#logged > until; ) {
      this.#logged -= 2
      this.memory[log[this.#logged]!] = log[this.#logged + 1]!
    }
  }

  backTo(depth: number): void {
    while (this.depth > depth) this.back()
  }

  /** Who took the step at that depth. */
  actorAt(depth: number): number {
    return this.#schedule.at[depth]!
  }

  /** The node that the actor of that step stood at before it. */
  nodeAt(depth: number): number {
    return this.#from.at[depth]!
  }

  /** Whether the state at that depth of the way here had this fingerprint. */
  wasAt(depth: number, low: number, high: number): boolean {
    if (depth === this.depth) return this.hashLow === low && this.hashHigh === high
    return this.#lows.at[depth] === low && this.#highs.at[depth] === high
  }

  /** Who took each step so far. */
  schedule(): number[] {
    return [...this.#schedule.at.subarray(0, this.depth)]
  }

  #remember(stepper: number, node: number): void {
    const at = this.depth
    this.depth += 1
    for (const column of [this.#schedule, this.#from, this.#logAt, this.#lows, this.#highs, this.#counts]) {
      column.reserve(this.depth)
    }
    this.#lowParts.reserve(this.depth)
    this.#highParts.reserve(this.depth)
    this.#lowParts.at[at] = this.#low
    this.#highParts.at[at] = this.#high
    this.#schedule.at[at] = stepper
    this.#from.at[at] = node
    this.#logAt.at[at] = this.#logged
    this.#lows.at[at] = this.hashLow
    this.#highs.at[at] = this.hashHigh
    this.#counts.at[at] = this.counted
  }

  #carryOut(actor: number, behaviour: Behaviour, node: number): number {
    const code = behaviour.kind.at[node]!
    const word = behaviour.word.at[node]!
    if (code <= CAS) {
      const was = this.memory[word]!
      this.write(word, valueAfter(code, was, behaviour.a.at[node]!, behaviour.b.at[node]!))
      return code === WRITE || code === STORE || behaviour.isBlind(node) ? 0 : was
    }
    if (code === UNTIL_CLEAR) return behaviour.isBlind(node) ? 0 : this.memory[word]!
    if (code === PARK) return this.#park(actor, word, behaviour.a.at[node]!)
    if (code === UNPARK) this.#unpark(word, behaviour.b.at[node]!)
    return 0
  }

  /** The same where stores are delayed and loads satisfied early. */
  #carryOutWeakly(actor: number, node: number): number {
    const weak = this.weak!
    const behaviour = this.behaviours[actor]!
    const code = behaviour.kind.at[node]!
    const word = behaviour.word.at[node]!
    weak.order(actor, node)
    if (isRead(code)) return weak.load(actor, node)
    if (code === WRITE || code === STORE) {
      weak.store(actor, node)
      return 0
    }
    if (code === UNTIL_CLEAR) return behaviour.isBlind(node) ? 0 : weak.seenBy(actor, word)
    if (code === BARRIER) {
      if (behaviour.a.at[node] === WMB) weak.mark(actor)
      return 0
    }
    if (code > CAS) return this.#carryOut(actor, behaviour, node)
    if (mayFindOlder(behaviour, node, weak.model)) return weak.exchange(actor, node)
    const was = this.memory[word]!
    weak.commit(actor, word, valueAfter(code, was, behaviour.a.at[node]!, behaviour.b.at[node]!))
    return behaviour.isBlind(node) ? 0 : was
  }

  /** The first time it goes to sleep, if the word is as expected, and stays where it is; the second time it was woken. */
  #park(actor: number, word: number, expected: number): number {
    const sleep = this.sleepWord(actor)
    if (this.memory[sleep] === WOKEN) this.write(sleep, 0)
    else if (this.memory[word] === expected) {
      this.write(sleep, this.#sleepers(word).length + 1)
      return ASLEEP
    }
    return 0
  }

  #unpark(word: number, count: number): void {
    for (const [index, actor] of this.#sleepers(word).entries()) {
      this.write(this.sleepWord(actor), index < count ? WOKEN : index - count + 1)
    }
  }

  /** Those who sleep on a word, in the order in which they went to sleep. */
  #sleepers(word: number): number[] {
    const all = this.behaviours.map(({ id }) => id)
    const place = (actor: number) => this.memory[this.sleepWord(actor)]!
    const isOn = (actor: number) => this.behaviours[actor]!.word.at[this.nodes[actor]!] === word
    return all.filter((actor) => place(actor) > 0 && isOn(actor)).sort((a, b) => place(a) - place(b))
  }

  /** Changes a word: back() undoes it. */
  write(word: number, value: number): void {
    const was = this.memory[word]!
    if (was === (value | 0)) return
    this.keep(word, value)
    this.#low ^= mixLow(word, was) ^ mixLow(word, value | 0)
    this.#high ^= mixHigh(word, was) ^ mixHigh(word, value | 0)
  }

  /** The same to a word that is no part of the fingerprint. */
  keep(word: number, value: number): void {
    this.#log.reserve(this.#logged + 2)
    this.#log.at[this.#logged] = word
    this.#log.at[this.#logged + 1] = this.memory[word]!
    this.#logged += 2
    this.memory[word] = value
  }

  /** From a node that was answered to the next instruction: oracles look and leave their marks on the way. */
  #advance(actor: number, behaviour: Behaviour, from: number, answer: number): void {
    let node = from
    let answered = answer
    for (;;) {
      const next = behaviour.after(node, answered)
      node = next === -1 ? behaviour.learn(node, answered) : next
      answered = 0
      const kind = behaviour.kind.at[node]!
      if (kind === PEEK) answered = this.#seenBy(actor, behaviour.word.at[node]!)
      else if (kind === POKE) this.write(behaviour.word.at[node]!, behaviour.a.at[node]!)
      else if (kind === VIOLATION) this.violated.push(node)
      else if (kind === COUNT) this.#tally(behaviour.a.at[node]!, behaviour.b.at[node]!)
      else if (kind === ASKED) this.signals = Math.max(this.signals, behaviour.a.at[node]! + 1)
      else if (kind < START ? kind !== PAUSE || behaviour.spins.has(node) : kind >= THREW) break
      else if (kind === PAUSE) this.weak?.order(actor, node)
    }
    if (behaviour.kind.at[node] === THREW) this.violated.push(node)
    this.#stand(actor, behaviour, node)
  }

  #tally(counter: number, by: number): void {
    this.counted += by
    this.tallied.push(counter, by)
  }

  #stand(actor: number, behaviour: Behaviour, node: number): void {
    const was = behaviour.identity.at[this.nodes[actor]!]!
    const now = behaviour.identity.at[node]!
    this.nodes[actor] = node
    this.#low ^= mixLow(NODE_PLACE + actor, was) ^ mixLow(NODE_PLACE + actor, now)
    this.#high ^= mixHigh(NODE_PLACE + actor, was) ^ mixHigh(NODE_PLACE + actor, now)
  }

  /** Which properties the last step, that of `stepper`, violated. */
  findings(stepper: number): Finding[] {
    const { kind, a, b, messages } = this.behaviours[this.actorOf(stepper)]!
    return this.violated.map((node) =>
      kind.at[node] === THREW
        ? { name: 'threw', says: `the actor failed: ${messages.get(node)}`, value: 0 }
        : this.program.findingOf(a.at[node]!, b.at[node]!),
    )
  }

  /** What does not hold now that all have ended. */
  findingsAtRest(): readonly Finding[] {
    const results = this.behaviours.map(({ results: all }, actor) => all.get(this.nodes[actor]!))
    return this.program.atRest(this.memory, results)
  }

  get haveAllEnded(): boolean {
    for (let actor = 0; actor < this.actors; actor += 1) if (this.codeOf(actor) !== ENDED) return false
    return true
  }
}

/** What one actor leaves behind that is alone and is never interrupted. */
function memoryAfter({ before: _, ...program }: Program, actor: Actor): Int32Array {
  const machine = new Machine({ ...program, actors: [actor] }, { patience: 0 })
  while (machine.canStep(0)) machine.step(0)
  return machine.memory.subarray(0, program.memory.length)
}

/** No answer yet: the step put the actor to sleep. */
const ASLEEP = -0x8000_0001
