import type { Edge } from './state-graph.ts'

/** The strongly connected components of some states of a graph (Tarjan, SIAM J. Comput. 1972), those with a step in them. */
export function componentsOf(states: ReadonlySet<number>, edges: readonly (readonly Edge[])[]): Set<number>[] {
  const index = new Map<number, number>()
  const low = new Map<number, number>()
  const open: number[] = []
  const isOpen = new Set<number>()
  const found: Set<number>[] = []
  const enter = (state: number) => {
    index.set(state, index.size)
    low.set(state, index.get(state)!)
    open.push(state)
    isOpen.add(state)
  }
  const close = (state: number) => {
    const component = new Set<number>()
    for (let at = -1; at !== state; ) {
      at = open.pop()!
      isOpen.delete(at)
      component.add(at)
    }
    const hasStep = component.size > 1 || edges[state]!.some(({ to }) => to === state)
    if (hasStep) found.push(component)
  }
  for (const root of states) {
    if (index.has(root)) continue
    const way: { readonly state: number; next: number }[] = [{ state: root, next: 0 }]
    enter(root)
    while (way.length > 0) {
      const top = way.at(-1)!
      const { state } = top
      const edge = edges[state]![top.next]
      top.next += 1
      if (edge === undefined) {
        way.pop()
        const above = way.at(-1)?.state
        if (above !== undefined) low.set(above, Math.min(low.get(above)!, low.get(state)!))
        if (low.get(state) === index.get(state)) close(state)
      } else if (states.has(edge.to)) {
        if (!index.has(edge.to)) {
          enter(edge.to)
          way.push({ state: edge.to, next: 0 })
        } else if (isOpen.has(edge.to)) low.set(state, Math.min(low.get(state)!, index.get(edge.to)!))
      }
    }
  }
  return found
}
