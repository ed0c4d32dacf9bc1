import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Sharers } from './lines.ts'

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

test('CPUs hold the copies that direct-mapped caches hold, at any number of lines', () => {
  const LINES = 300
  const CPUS = 40
  const anyCopy = fc.record({ line: fc.nat(LINES - 1), cpu: fc.nat(CPUS - 1), isWritten: fc.boolean() })
  fc.assert(
    fc.property(fc.constantFrom(1, 16, 256, 512), fc.array(anyCopy, { maxLength: 600 }), (capacity, asked) => {
      const sharers = new Sharers(LINES, CPUS, capacity)
      const expected = Array.from({ length: CPUS }, () => new DirectMapped(capacity))
      const versions = new Array(LINES).fill(0)
      for (const { line, cpu, isWritten } of asked) {
        assert.equal(sharers.has(line, cpu), expected[cpu]!.has(line, versions[line]), `line ${line} cpu ${cpu}`)
        if (isWritten) {
          sharers.clear(line)
          versions[line] += 1
        } else {
          sharers.put(line, cpu)
          expected[cpu]!.put(line, versions[line])
        }
      }
      for (let line = 0; line < LINES; line += 1)
        for (const [cpu, cache] of expected.entries())
          assert.equal(sharers.has(line, cpu), cache.has(line, versions[line]))
    }),
  )
})
