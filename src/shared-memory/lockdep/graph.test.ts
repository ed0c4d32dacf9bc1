import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { circlesOf, type Dependency, EXCLUSIVE, type LockMode, RECURSIVE, SHARED } from './graph.ts'

let order = 0
const edge = (from: number, fromMode: LockMode, to: number, toMode: LockMode): Dependency => {
  order += 1
  return { from, fromMode, to, toMode, fromSite: 0, toSite: 0, cpu: 0, order }
}
const classesOf = (edges: readonly Dependency[]) => circlesOf(edges).map((circle) => circle.map(({ from }) => from))

test('locks that are taken in one order only make no circle', () => {
  assert.deepEqual(classesOf([edge(0, EXCLUSIVE, 1, EXCLUSIVE), edge(1, EXCLUSIVE, 2, EXCLUSIVE)]), [])
})

test('two locks that are taken in either order make one, which begins with what was seen last', () => {
  assert.deepEqual(classesOf([edge(0, EXCLUSIVE, 1, EXCLUSIVE), edge(1, EXCLUSIVE, 0, EXCLUSIVE)]), [[1, 0]])
})

test('the shortest cycle is reported, and each cycle once', () => {
  const edges = [
    edge(0, EXCLUSIVE, 1, EXCLUSIVE),
    edge(1, EXCLUSIVE, 2, EXCLUSIVE),
    edge(2, EXCLUSIVE, 3, EXCLUSIVE),
    edge(1, EXCLUSIVE, 3, EXCLUSIVE),
    edge(3, EXCLUSIVE, 0, EXCLUSIVE),
  ]
  assert.deepEqual(classesOf(edges), [
    [3, 0, 1],
    [2, 3, 0, 1],
  ])
})

test('a fair reader waits behind a writer that queues: readers alone can make a circle', () => {
  assert.deepEqual(classesOf([edge(0, EXCLUSIVE, 1, SHARED), edge(1, SHARED, 0, EXCLUSIVE)]), [[1, 0]])
})

test('a recursive reader does not wait for readers, so the same circle holds no CPU up', () => {
  assert.deepEqual(classesOf([edge(0, EXCLUSIVE, 1, RECURSIVE), edge(1, RECURSIVE, 0, EXCLUSIVE)]), [])
})

test('a recursive reader does wait for a writer', () => {
  assert.deepEqual(classesOf([edge(0, EXCLUSIVE, 1, RECURSIVE), edge(1, EXCLUSIVE, 0, EXCLUSIVE)]), [[1, 0]])
})

test('a lock that is taken within itself is a circle of one, unless recursive readers take it', () => {
  assert.deepEqual(classesOf([edge(4, SHARED, 4, SHARED)]), [[4]])
  assert.deepEqual(classesOf([edge(4, RECURSIVE, 4, RECURSIVE)]), [])
})

test('a graph of exclusive locks has a circle exactly if it cannot be sorted', () => {
  const edges = fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 12 })
  fc.assert(
    fc.property(edges, (pairs) => {
      const graph = pairs.map(([from, to]) => edge(from, EXCLUSIVE, to, EXCLUSIVE))
      assert.equal(circlesOf(graph).length > 0, !canBeSorted(pairs))
      for (const circle of circlesOf(graph)) {
        for (const [index, { to }] of circle.entries()) assert.equal(to, circle[(index + 1) % circle.length]!.from)
      }
    }),
  )
})

/** Removes nodes without incoming edges, as long as there are any. */
function canBeSorted(pairs: readonly (readonly [number, number])[]): boolean {
  const left = [...pairs]
  for (;;) {
    const index = left.findIndex(([from]) => !left.some(([, to]) => to === from))
    if (index < 0) return left.length === 0
    left.splice(index, 1)
  }
}
