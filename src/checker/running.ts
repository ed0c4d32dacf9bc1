import { ActorRun, type Stand } from './actor-run.ts'
import type { CheckedCpu } from './checked-cpu.ts'
import { refuseDifference, stepText } from './differs.ts'
import type { Graph } from './graph.ts'
import { ParkedRuns } from './parked-runs.ts'
import type { Actor } from './program.ts'
import { enterActor, type Frames } from './tracing/frames.ts'
import type { HeldObjects } from './tracing/held-objects.ts'
import { asUser } from './user-code.ts'
import type { Words } from './words.ts'

/**
 * The runs of an actor: one goes on at a time. Where its graph ends, the actor is led there once more, from the start or from where an
 * earlier run stands, because generators cannot be copied. On the way it must do what the graph says.
 */
export class Running {
  /** The node of the instruction at which the run is suspended; -1 if it is at none that is known yet. */
  standsAt = -1
  /** The run has ended. */
  isOver = false
  /** The calls in which it is suspended. */
  frames: Frames = []
  /** The node that was passed last, and its answer: whatever is new comes after it. */
  last = 0
  lastAnswer = 0
  /** It is led to where the graph ends, and need not be suspended on the way. */
  runsThrough = false
  readonly #graph: Graph
  readonly #actor: Actor
  readonly #words: Words
  readonly #newCpu: () => CheckedCpu
  readonly #hold: (built: object) => HeldObjects
  readonly #parked = new ParkedRuns()
  /** What runs that were given up began on. */
  readonly #free: HeldObjects[] = []
  /** It is of the traced build. Objects of other builds have private fields, which cannot be put back. */
  #isTraced = false
  #run: ActorRun | undefined
  #path: readonly number[] = []
  #onPath = 0

  /** `hold`: what an actor holds that begins on an object. */
  constructor(
    graph: Graph,
    actor: Actor,
    words: Words,
    newCpu: () => CheckedCpu,
    hold: (built: object) => HeldObjects,
  ) {
    this.#graph = graph
    this.#actor = actor
    this.#words = words
    this.#newCpu = newCpu
    this.#hold = hold
  }

  get cpu(): CheckedCpu {
    return this.#run!.cpu
  }

  /** What the actor holds in this run, by root. */
  get held(): Map<object, HeldObjects> {
    return this.#run!.held
  }

  /** Whether nothing is left of the path. */
  get hasArrived(): boolean {
    return this.#onPath >= this.#path.length
  }

  /** Has the run go on to `node`, and from there with `answer`. It does so by `resume`. */
  lead(node: number, answer: number): void {
    if (this.standsAt === node) {
      this.last = node
      this.lastAnswer = answer
    } else if (this.#actor.onlyDelegates) {
      this.#exchange(node, answer)
    } else {
      this.begin(node, answer)
    }
  }

  /** Leaves the run where it stands, and goes on with one that stands on the way to `node`, or with a new one. */
  #exchange(node: number, answer: number): void {
    const stands = this.standsAt !== -1
    const given = stands ? this.#parked.park({ node: this.standsAt, run: this.#run!, frames: this.frames }) : this.#run
    if (stands && this.frames.length > 0) this.#isTraced = true
    const free = this.#isTraced ? given?.letGo() : undefined
    if (free !== undefined) this.#free.push(free)
    const path = this.#graph.pathTo(node)
    const parked = this.#parked.takeUp(path)
    if (parked === undefined) this.#begin(node, answer, path, this.#actor, this.#own())
    else {
      this.#goTo(node, answer, path, parked.at + 1)
      this.#run = parked.run
      this.frames = parked.frames
    }
    this.runsThrough = true
  }

  /** The node at the end of the path is answered next; the run has come to `onPath`. */
  #goTo(node: number, answer: number, path: readonly number[], onPath: number): void {
    this.#path = path
    this.#onPath = onPath
    this.last = node
    this.lastAnswer = answer
    this.standsAt = -1
    this.isOver = false
    this.runsThrough = false
  }

  /** From the start, along the path to `node`, which is answered by `answer`. */
  begin(node: number, answer: number, actor = this.#actor): void {
    this.#begin(node, answer, this.#graph.pathTo(node), actor)
  }

  #begin(node: number, answer: number, path: readonly number[], actor: Actor, own?: HeldObjects): void {
    this.#goTo(node, answer, path, 1)
    this.frames = []
    enterActor(this.frames)
    const cpu = this.#newCpu()
    own?.putBack(cpu)
    this.#run = new ActorRun(actor, cpu, own)
  }

  /** What a new run begins on. */
  #own(): HeldObjects | undefined {
    const { name, reuses } = this.#actor
    if (reuses === undefined) return undefined
    return this.#free.pop() ?? this.#hold(asUser(`actor '${name}'`, reuses.build))
  }

  /** Hands the answer over and lets the actor run to its next instruction. */
  resume(): Stand {
    this.standsAt = -1
    this.isOver = false
    enterActor(this.frames)
    const stand = this.#run!.resume(this.#answer())
    this.isOver = stand.kind !== 'asks'
    return stand
  }

  /** The actor does this now. On the way: the answer that was given here before; undefined if the way is behind. */
  pass(kind: number, word: number, a: number, b: number): number | undefined {
    const node = this.#path[this.#onPath]
    if (node === undefined) return undefined
    const graph = this.#graph
    const isSame =
      graph.kind.at[node] === kind && graph.word.at[node] === word && graph.a.at[node] === a && graph.b.at[node] === b
    if (!isSame) this.differs(this.#textOf(kind, word, a), node)
    this.#onPath += 1
    return this.#answer()
  }

  /** The node at which the actor ended when it was run before; undefined if the way is behind. */
  passEnd(): number | undefined {
    const node = this.#path[this.#onPath]
    this.#onPath += 1
    return node
  }

  /** Refuses an actor that does something else than before at that node. */
  differs(now: string, node: number): never {
    const { kind, word, a } = this.#graph
    refuseDifference(this.#actor.name, now, this.#textOf(kind.at[node]!, word.at[node]!, a.at[node]!))
  }

  #textOf(kind: number, word: number, a: number): string {
    return stepText(kind, word, a, (at) => this.#words.nameOf(at))
  }

  /** The answer to the last node that was passed; at the end of the path it is the new one. */
  #answer(): number {
    const next = this.#path[this.#onPath]
    return next === undefined ? this.lastAnswer : this.#graph.answer.at[next]!
  }
}
