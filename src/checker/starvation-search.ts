import type { Exploration } from './exploration.ts'
import type { Explored } from './explored.ts'
import { Machine } from './machine.ts'
import type { Program } from './program.ts'
import { starvation } from './starvation.ts'
import { StateGraph } from './state-graph.ts'
import { watched } from './watch.ts'

/** All of them are kept, with the steps between them. */
const MOST_STATES = 2_000_000

/** Runs after an exploration has passed: does each actor that must end do so in every fair execution? */
export function starvingActors<Subject>(
  program: Program,
  { mustEnd = [], fairness = 'weak' }: Exploration<Subject>,
  explored: Explored,
): Explored {
  const { limits, counts } = explored
  const began = performance.now()
  const most = Math.min(limits.states, MOST_STATES)
  const isOver = (states: number) => states > most || performance.now() - began > limits.seconds * 1000
  const graph = watched(
    (watch) =>
      new StateGraph(
        watch(() => new Machine(program, limits)),
        isOver,
        watch,
      ),
  )
  const states = { ...counts, states: Math.max(counts.states, graph.states) }
  if (graph.isCut) {
    const because = graph.states > most ? 'states' : 'time'
    return { ...explored, verdict: 'UNKNOWN', because, counts: states }
  }
  const names = program.actors.map(({ name }) => name)
  for (const name of mustEnd) {
    const lasso = starvation(graph, names.indexOf(name), names.length, fairness)
    if (lasso === undefined) continue
    const { way, turn } = lasso
    const says = `${name} never ends although the scheduler is ${fairness}ly fair: steps ${way.length + 1} to ${way.length + turn.length} repeat forever`
    const finding = { name: 'starvation', says, value: 0 }
    return { ...explored, verdict: 'FAIL', findings: [finding], schedule: [...way, ...turn], counts: states }
  }
  return { ...explored, counts: states }
}
