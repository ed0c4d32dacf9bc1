import { componentsOf } from './components.ts'
import type { Edge, StateGraph } from './state-graph.ts'

/**
 * What a scheduler is held to:
 *
 *   weak     an actor that can step all the time from some moment on does so at last
 *   strong   an actor that can step again and again does so at last
 */
export const FAIRNESS = ['weak', 'strong'] as const
export type Fairness = (typeof FAIRNESS)[number]

/** An infinite execution: the path to the beginning of its cycle, and one turn of the cycle. */
export type Lasso = { readonly way: readonly number[]; readonly turn: readonly number[] }

/**
 * A fair execution in which an actor never ends: a strongly connected part of the graph in which it has not ended, and in
 * which each actor steps, or is not always enabled (weak), or is never enabled (strong; Emerson and Lei, 1987: if an actor
 * is enabled somewhere and has no step, the states in which it is enabled are removed, and the rest is searched again).
 */
export function starvation(graph: StateGraph, actor: number, actors: number, fairness: Fairness): Lasso | undefined {
  const running = new Set<number>()
  for (let state = 0; state < graph.states; state += 1)
    if ((graph.ended[state]! & (1 << actor)) === 0) running.add(state)
  const todo = [running]
  for (let states = todo.pop(); states !== undefined; states = todo.pop()) {
    for (const component of componentsOf(states, graph.edges)) {
      const unfair = unfairTo(graph, component, actors, fairness)
      if (unfair === 0) return lassoIn(graph, component, actors, fairness)
      if (fairness === 'weak') continue
      const left = new Set([...component].filter((state) => (graph.able[state]! & unfair) === 0))
      if (left.size > 0) todo.push(left)
    }
  }
  return undefined
}

/** The actors that a part of the graph is unfair to if everything in it happens again and again, as bits. */
function unfairTo(graph: StateGraph, component: ReadonlySet<number>, actors: number, fairness: Fairness): number {
  let [steps, ever, always] = [0, 0, -1]
  for (const state of component) {
    ever |= graph.able[state]!
    always &= graph.able[state]!
    for (const edge of graph.edges[state]!) if (component.has(edge.to)) steps |= 1 << edge.actor
  }
  const could = fairness === 'weak' ? always : ever
  return could & ~steps & (2 ** actors - 1)
}

/** A turn in which every actor that can step does, and every other is seen unable to. */
function lassoIn(graph: StateGraph, component: ReadonlySet<number>, actors: number, fairness: Fairness): Lasso {
  const [start] = component
  const turn: number[] = []
  let at = start!
  const goTo = (isThere: (state: number) => boolean) => {
    for (const edge of shortest(graph, component, at, isThere)) {
      turn.push(edge.actor)
      at = edge.to
    }
  }
  for (let actor = 0; actor < actors; actor += 1) {
    const own = (state: number) => graph.edges[state]!.find((edge) => edge.actor === actor && component.has(edge.to))
    const canStep = [...component].some((state) => own(state) !== undefined)
    if (canStep) {
      goTo((state) => own(state) !== undefined)
      turn.push(actor)
      at = own(at)!.to
    } else if (fairness === 'weak') goTo((state) => (graph.able[state]! & (1 << actor)) === 0)
  }
  goTo((state) => state === start)
  return { way: graph.pathTo(start!), turn }
}

/** Breadth first, within a component. */
function shortest(
  graph: StateGraph,
  component: ReadonlySet<number>,
  from: number,
  isThere: (state: number) => boolean,
): Edge[] {
  const met = new Map<number, Edge | undefined>([[from, undefined]])
  for (const state of met.keys()) {
    if (isThere(state)) {
      const path: Edge[] = []
      for (let edge = met.get(state); edge !== undefined; edge = met.get(edge.from)) path.push(edge)
      return path.reverse()
    }
    for (const edge of graph.edges[state]!) if (component.has(edge.to) && !met.has(edge.to)) met.set(edge.to, edge)
  }
  throw new Error('a strongly connected component is not connected')
}
