import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Exploration, programOf } from './exploration.ts'
import { LIMITS } from './limits.ts'
import { Machine } from './machine.ts'
import { Reruns } from './reruns.ts'
import { loadTraced } from './tracing/load-traced.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-reruns-'))
after(() => rmSync(folder, { recursive: true }))

const WAITS = 0
const ENDS_IT = 1

/** One actor waits by `pause` until another has stored 2. */
const TEXT = `export default {
  setup: (place) => ({ a: place.line('a') }),
  actors: {
    waits: function* (cpu, { a }) {
      for (;;) {
        const seen = yield* cpu.load(a)
        if (seen === 2) return
        yield* cpu.pause()
      }
    },
    endsIt: function* (cpu, { a }) { yield* cpu.store(a, 2) },
  },
}`

test('a wait takes as many turns in a rerun as in the schedule', async () => {
  const file = join(folder, 'waits.mjs')
  writeFileSync(file, TEXT)
  const program = programOf((await loadTraced(file)).default as Exploration<unknown>)
  for (const rounds of [1, 2, 3, 5]) {
    const machine = new Machine(program, LIMITS)
    for (let round = 0; round < rounds; round += 1) machine.step(WAITS)
    machine.step(ENDS_IT)
    machine.step(WAITS)
    assert.ok(machine.haveAllEnded)
    new Reruns(program, LIMITS, 1).compare(machine)
  }
})
