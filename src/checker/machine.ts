import { Behaviour } from './behaviour.ts'
import { carryOut, isReady } from './carry-out.ts'
import { mixHigh, mixLow } from './fingerprint.ts'
import { ASKED, COUNT, ENDED, PEEK, POKE, START, THREW, VIOLATION } from './graph.ts'
import { PAUSE, UNTIL_EQUAL } from './instructions.ts'
import { carryOutWeakly } from './memory/carry-out.ts'
import { WeakMemory } from './memory/weak-memory.ts'
import type { Actor, BehaviourOptions, Finding, Program } from './program.ts'
import { ASLEEP, Sleepers } from './sleepers.ts'
import { checkPauses } from './spin.ts'
import { COUNTED, HASH_HIGH, HASH_LOW, HIGH, LOW, NODE, STEPPER, Trail } from './trail.ts'
import { Words } from './words.ts'

/** Steps, and runs of an actor's code, after which a search stops for a breath. */
const STEPS_A_BREATH = (1 << 16) - 1
const RUNS_A_BREATH = (1 << 11) - 1

/**
 * A state of a program, and the way from it to the next and back. A state is the memory and, for each actor, the node of
 * its behaviour; its fingerprint of 64 bits is kept up to date with every change.
 */
export class Machine {
  readonly program: Program
  /** The number of steppers: the actors, and after them those that weak memory adds. */
  readonly steppers: number
  readonly actors: number
  /** None if memory is sequentially consistent. */
  readonly weak: WeakMemory | undefined
  readonly behaviours: readonly Behaviour[]
  /** The words of the program, behind them one for each actor: how it sleeps, and then those of weak memory. */
  readonly memory: Int32Array
  /** The current node of each actor. */
  readonly nodes: Int32Array
  /** The fingerprint. */
  hashLow = 0
  hashHigh = 0
  /** The part of it that is kept up to date word by word: all of it, if memory is sequentially consistent. */
  #low = 0
  #high = 0
  /** Since the machine was built, however often it went back. */
  steps = 0
  /** It is time for a search to stop for a breath. */
  isBreathDue = false
  #runs = 0
  readonly #trail = new Trail()
  readonly #sleepers: Sleepers
  /** The current sum of the kept counters. */
  counted = 0
  /** The raw answer of the last step. */
  answer = 0
  /** In the last step a loop asked whether a signal is pending: 1 if none was, 2 if one was. */
  signals = 0
  /** Nodes that say which properties the last step violated. */
  readonly violated: number[] = []
  /** The counts of the last step on the kept counters, as pairs of counter and number; initially those from before it. */
  readonly tallied: number[] = []
  /** The violations of an actor before the first step of any actor. */
  readonly findingsAtFirst: readonly Finding[]

  constructor(program: Program, options: BehaviourOptions) {
    this.program = program
    this.actors = program.actors.length
    const own = program.memory.length + this.actors
    const model = options.memory ?? 'sc'
    this.memory = new Int32Array(own + (model === 'sc' ? 0 : WeakMemory.wordsFor(this.actors)))
    this.memory.set(memoryAtFirst(program))
    this.nodes = new Int32Array(this.actors)
    this.#sleepers = new Sleepers(this, program.memory.length)
    const look = (id: number) => (word: number) => this.seenBy(id, word)
    const words = new Words(program.place)
    this.behaviours = program.actors.map((actor, id) => new Behaviour(id, actor, words, look(id), options))
    this.weak = model === 'sc' ? undefined : new WeakMemory(this, this.actors, own, model)
    this.steppers = this.weak?.steppers ?? this.actors
    this.findingsAtFirst = this.#begin()
    this.#sum()
  }

  /** Runs each actor to its first instruction; returns the findings of the first actor that has any. */
  #begin(): readonly Finding[] {
    let found: readonly Finding[] = []
    for (const [actor, behaviour] of this.behaviours.entries()) {
      this.#advance(actor, behaviour, 0, 0)
      if (found.length === 0) found = this.findings(actor)
      this.violated.length = 0
    }
    return found
  }

  /** The actor whose step it is, or whose store or load. */
  actorOf(stepper: number): number {
    return stepper < this.actors ? stepper : this.weak!.cpuOf(stepper)
  }

  /** As bits: the actor of this step, and all steppers of its stores and loads. */
  steppersOf(stepper: number): number {
    return this.weak === undefined ? 1 << stepper : this.weak.steppersOf(this.actorOf(stepper))
  }

  /** The value of a word as an actor sees it. */
  seenBy(actor: number, word: number): number {
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
    return code < UNTIL_EQUAL || isReady(this, this.#sleepers, actor, behaviour, node)
  }

  /** Takes one step of an enabled stepper; an actor runs to its next instruction. */
  step(stepper: number): void {
    const actor = this.actorOf(stepper)
    const behaviour = this.behaviours[actor]!
    const node = this.nodes[actor]!
    this.#trail.begin(stepper, node, this.hashLow, this.hashHigh, this.#low, this.#high, this.counted)
    this.steps += 1
    if ((this.steps & STEPS_A_BREATH) === 0) this.isBreathDue = true
    if (this.violated.length > 0) this.violated.length = 0
    if (this.tallied.length > 0) this.tallied.length = 0
    this.signals = 0
    if (stepper === actor) {
      const answer =
        (this.weak && carryOutWeakly(this.weak, actor, behaviour, node)) ??
        carryOut(this, this.#sleepers, actor, behaviour, node)
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

  /** Steps on the way to this state. */
  get depth(): number {
    return this.#trail.depth
  }

  /** Undoes the last step. */
  back(): void {
    const trail = this.#trail
    trail.undo(this.memory)
    const { depth } = trail
    this.nodes[this.actorOf(trail.of(depth, STEPPER))] = trail.of(depth, NODE)
    this.hashLow = trail.of(depth, HASH_LOW)
    this.hashHigh = trail.of(depth, HASH_HIGH)
    this.#low = trail.of(depth, LOW)
    this.#high = trail.of(depth, HIGH)
    this.counted = trail.of(depth, COUNTED)
  }

  backTo(depth: number): void {
    while (this.depth > depth) this.back()
  }

  /** The actor that took the step at that depth. */
  actorAt(depth: number): number {
    return this.#trail.of(depth, STEPPER)
  }

  /** The node that the actor of that step stood at before it. */
  nodeAt(depth: number): number {
    return this.#trail.of(depth, NODE)
  }

  /** Whether the state at that depth of the current path had this fingerprint. */
  wasAt(depth: number, low: number, high: number): boolean {
    if (depth === this.depth) return this.hashLow === low && this.hashHigh === high
    return this.#trail.of(depth, HASH_LOW) === low && this.#trail.of(depth, HASH_HIGH) === high
  }

  /** The stepper of each step so far. */
  schedule(): number[] {
    return this.#trail.schedule()
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
    this.#trail.log(word, this.memory[word]!)
    this.memory[word] = value
  }

  /** From a node that was answered to the next instruction: oracles look and leave their marks on the way. */
  #advance(actor: number, behaviour: Behaviour, from: number, answer: number): void {
    let node = from
    let answered = answer
    let pauses = 0
    for (;;) {
      const next = behaviour.after(node, answered)
      node = next === -1 ? this.#learn(behaviour, node, answered) : next
      answered = 0
      const kind = behaviour.kind.at[node]!
      if (kind === PEEK) answered = this.seenBy(actor, behaviour.word.at[node]!)
      else if (kind === POKE) this.write(behaviour.word.at[node]!, behaviour.a.at[node]!)
      else if (kind === VIOLATION) this.violated.push(node)
      else if (kind === COUNT) this.#tally(behaviour.a.at[node]!, behaviour.b.at[node]!)
      else if (kind === ASKED) this.signals = Math.max(this.signals, behaviour.a.at[node]! + 1)
      else if (kind < START ? kind !== PAUSE || behaviour.isPauseStep(node) : kind >= THREW) break
      else if (kind === PAUSE) {
        this.weak?.order(actor, node)
        pauses += 1
        checkPauses(this.program.actors[actor]!.name, pauses)
      }
    }
    if (behaviour.kind.at[node] === THREW) this.violated.push(node)
    this.#stand(actor, behaviour, node)
  }

  #learn(behaviour: Behaviour, node: number, answer: number): number {
    this.#runs += 1
    if ((this.#runs & RUNS_A_BREATH) === 0) this.isBreathDue = true
    return behaviour.learn(node, answer)
  }

  #tally(counter: number, by: number): void {
    this.counted += by
    this.tallied.push(counter, by)
  }

  #stand(actor: number, behaviour: Behaviour, node: number): void {
    const { markLow, markHigh } = behaviour
    const was = this.nodes[actor]!
    this.nodes[actor] = node
    this.#low ^= markLow.at[was]! ^ markLow.at[node]!
    this.#high ^= markHigh.at[was]! ^ markHigh.at[node]!
  }

  /** The properties that the last step, that of `stepper`, violated. */
  findings(stepper: number): Finding[] {
    const { kind, a, b, messages } = this.behaviours[this.actorOf(stepper)]!
    return this.violated.map((node) =>
      kind.at[node] === THREW
        ? { name: 'threw', says: `the actor failed: ${messages.get(node)}`, value: 0 }
        : this.program.findingOf(a.at[node]!, b.at[node]!),
    )
  }

  /** The return values of the actors that have ended. */
  results(): unknown[] {
    return this.behaviours.map(({ results: all }, actor) => all.get(this.nodes[actor]!))
  }

  /** The properties that are violated after all actors have ended. */
  findingsAtRest(): readonly Finding[] {
    return this.program.atRest(this.memory, this.results())
  }

  get haveAllEnded(): boolean {
    for (let actor = 0; actor < this.actors; actor += 1) if (this.codeOf(actor) !== ENDED) return false
    return true
  }
}

/** The memory before the first step of any of the actors. */
export const memoryAtFirst = (program: Program): Int32Array =>
  program.before === undefined ? program.memory : memoryAfter(program, program.before)

/** The memory after one actor has run alone without interruption. */
function memoryAfter({ before: _, ...program }: Program, actor: Actor): Int32Array {
  const machine = new Machine({ ...program, actors: [actor] }, { patience: 0 })
  while (machine.canStep(0)) machine.step(0)
  return machine.memory.subarray(0, program.memory.length)
}
