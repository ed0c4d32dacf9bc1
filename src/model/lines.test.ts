import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Copies } from './lines.ts'

/** A direct-mapped cache, as a reference. */
class DirectMapped {
  readonly #lines: number[]
  readonly #versions: number[]

  constructor(capacity: number) {
    this.#lines = new Array(capacity).fill(-1)
    this.#versions = new Array(capacity).fill(-1)
  }

  has(line: number, version: number): boolean {
    const place = line % this.#lines.length
    return this.#lines[place] === line && this.#versions[place] === version
  }

  put(line: number, version: number): void {
    const place = line % this.#lines.length
    this.#lines[place] = line
    this.#versions[place] = version
  }
}

test('a CPU holds the copies that a direct-mapped cache holds, at any number of lines', () => {
  const anyCopy = fc.record({ line: fc.nat(1000), version: fc.nat(2) })
  fc.assert(
    fc.property(fc.constantFrom(1, 16, 256), fc.array(anyCopy, { maxLength: 600 }), (capacity, asked) => {
      const [copies, expected] = [new Copies(capacity), new DirectMapped(capacity)]
      for (const { line, version } of asked) {
        assert.equal(copies.has(line, version), expected.has(line, version), `line ${line} version ${version}`)
        copies.put(line, version)
        expected.put(line, version)
      }
      for (let line = 0; line <= 1000; line += 1) assert.equal(copies.has(line, 1), expected.has(line, 1))
    }),
  )
})
