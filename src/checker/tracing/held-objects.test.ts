import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fold } from './fold.ts'
import { HeldObjects } from './held-objects.ts'

const CPU = {}
type Graph = {
  readonly plain: Record<string, unknown>
  readonly list: unknown[]
  readonly map: Map<unknown, unknown>
  words: Int32Array
}

const graph = (): Graph => ({
  plain: { a: 1, b: null, cpu: CPU },
  list: [1, { c: 2 }],
  map: new Map([['x', [3]]]),
  words: new Int32Array(2),
})

/** As it is built, before any actor works on it. */
const onNoCpu = (): Graph => {
  const of = graph()
  of.plain.cpu = null
  return of
}

/** What an actor may do to what it holds. */
const CHANGES: readonly ((of: Graph, value: number) => unknown)[] = [
  (of, value) => Object.assign(of.plain, { a: value }),
  (of, value) => Object.assign(of.plain, { [`added${value % 3}`]: value }),
  (of) => Object.assign(of.plain, { b: of.list }),
  (of, value) => Object.assign(of.plain, { b: { value } }),
  (of) => Reflect.deleteProperty(of.plain, 'a'),
  (of, value) => of.list.push(value),
  (of) => of.list.push(of.map),
  (of) => of.list.pop(),
  (of, value) => of.map.set(value % 2, value),
  (of, value) => of.map.set('x', [value]),
  (of) => of.map.delete('x'),
  (of, value) => of.words.fill(value, 1),
  (of, value) => Object.assign(of, { words: new Int32Array(value % 4) }),
]

const textOf = ({ low, high }: HeldObjects) => `${low},${high}`
const fresh = (of: Graph) => textOf(new HeldObjects(new Fold(), of, CPU))

test('after any change the fingerprint is the same as one computed from scratch', () => {
  const changes = fc.array(fc.tuple(fc.nat(CHANGES.length - 1), fc.nat(5)), { maxLength: 12 })
  fc.assert(
    fc.property(changes, (made) => {
      const of = graph()
      const held = new HeldObjects(new Fold(), of, CPU)
      for (const [change, value] of made) {
        CHANGES[change]!(of, value)
        held.renew()
        assert.equal(textOf(held), fresh(of))
      }
    }),
    { seed: 18, numRuns: 300 },
  )
})

test('what was kept is put back, whatever happened to it, for another CPU', () => {
  const changes = fc.array(fc.tuple(fc.nat(CHANGES.length - 1), fc.nat(5)), { maxLength: 12 })
  fc.assert(
    fc.property(changes, changes, (made, madeLater) => {
      // What has been replaced is no longer part of it, and has been changed all the same.
      const of = onNoCpu()
      const { plain, list, map, words } = of
      const held = new HeldObjects(new Fold(), of, {})
      held.keep()
      for (const [change, value] of made) {
        CHANGES[change]!(of, value)
        held.renew()
      }
      held.putBack(CPU)
      assert.deepEqual(of, onNoCpu())
      assert.ok(of.plain === plain && of.list === list && of.map === map && of.words === words)
      assert.deepEqual(Object.keys(of.plain), Object.keys(onNoCpu().plain))
      assert.equal(textOf(held), fresh(of))
      of.plain.cpu = CPU
      held.renew()
      assert.equal(textOf(held), fresh(of))
      for (const [change, value] of madeLater) {
        CHANGES[change]!(of, value)
        held.renew()
        assert.equal(textOf(held), fresh(of))
      }
    }),
    { seed: 18, numRuns: 300 },
  )
})

test('every change of one value changes the fingerprint, and undoing it restores the fingerprint', () => {
  const of = graph()
  const held = new HeldObjects(new Fold(), of, CPU)
  const first = textOf(held)
  for (const [change, undo] of [
    [() => Object.assign(of.plain, { a: 2 }), () => Object.assign(of.plain, { a: 1 })],
    [() => of.words.fill(9, 1), () => of.words.fill(0)],
    [() => Object.assign(of.plain, { b: of.list[1] }), () => Object.assign(of.plain, { b: null })],
    [() => of.map.set('y', 1), () => of.map.delete('y')],
    [() => Object.assign(of.plain, { a: 1n }), () => Object.assign(of.plain, { a: 1 })],
  ] as const) {
    change()
    held.renew()
    assert.notEqual(textOf(held), first)
    undo()
    held.renew()
    assert.equal(textOf(held), first)
  }
})

test('an actor that holds a symbol is opaque', () => {
  const of = graph()
  const held = new HeldObjects(new Fold(), of, CPU)
  assert.equal(held.isOpaque, false)
  of.plain.b = Symbol('seen by name only')
  held.renew()
  assert.equal(held.isOpaque, true)
})

test('the same values by other names, in another class or of another type are another state', () => {
  class Read {
    spte = 1
  }
  class Written {
    spte = 1
  }
  const states = [{ a: 1 }, { b: 1 }, new Read(), new Written()]
  const values = [103, 104, null, undefined, 101, 102, true, false].map((last) => ({ last }))
  const all = [...states, ...values].map((own) => textOf(new HeldObjects(new Fold(), { own }, CPU)))
  assert.equal(new Set(all).size, all.length)
})

test('a property that is replaced by one of another name is noticed', () => {
  const own: Record<string, number> = { a: 1 }
  const held = new HeldObjects(new Fold(), { own }, CPU)
  const before = textOf(held)
  delete own.a
  own.b = 1
  held.renew()
  assert.notEqual(textOf(held), before)
  assert.equal(textOf(held), textOf(new HeldObjects(new Fold(), { own }, CPU)))
})
