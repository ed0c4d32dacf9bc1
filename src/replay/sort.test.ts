import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import fc from 'fast-check'
import { readRecording } from './read-recording.ts'
import { line } from './recorded.contract.ts'
import { Sorter } from './sort.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-'))
after(() => rmSync(folder, { recursive: true }))

/** An event of a CPU, so long after the trace began. */
const on = (cpu: number, us: number) => line(`task ${cpu}-${cpu + 1}`, us, 'kvm_entry', `vcpu ${cpu}, rip 0x1`, cpu)

/** What a sorter that holds so many lines hands on. */
function sorted(lines: readonly string[], size: { readonly bytes: number; readonly lines: number }) {
  const sorter = new Sorter(undefined, size)
  try {
    for (const text of lines) {
      const bytes = Buffer.from(text)
      sorter.take(bytes, 0, bytes.length)
    }
    const found: string[] = []
    if (sorter.unsortable === undefined)
      sorter.drain((bytes, start, end) => found.push(bytes.toString('latin1', start, end)))
    return { found, unsortable: sorter.unsortable }
  } finally {
    sorter.close()
  }
}

const timesOfCpus = fc.array(fc.array(fc.nat({ max: 500 }), { maxLength: 12 }), { minLength: 1, maxLength: 4 })

test('the parts of CPUs, one after the other, are put in the order of time, however few lines fit into memory', () => {
  fc.assert(
    fc.property(timesOfCpus, fc.integer({ min: 1, max: 9 }), (cpus, lines) => {
      const parts = cpus.map((times, cpu) => times.toSorted((a, b) => a - b).map((us) => ({ us, text: on(cpu, us) })))
      const expected = parts.flat().toSorted((a, b) => a.us - b.us)
      const { found } = sorted(
        parts.flat().map(({ text }) => text),
        { bytes: 4096, lines },
      )
      assert.deepEqual(
        found,
        expected.map(({ text }) => text),
      )
    }),
    { numRuns: 100 },
  )
})

test('what is no event stays behind the event that it followed', () => {
  const lines = [on(1, 5), ' => one', on(1, 9), ' => two', on(0, 1), ' => three']
  const { found } = sorted(lines, { bytes: 4096, lines: 2 })
  assert.deepEqual(found, [on(0, 1), ' => three', on(1, 5), ' => one', on(1, 9), ' => two'])
})

test('time that goes back within one CPU cannot be sorted, and the part that begins there is named', () => {
  const { unsortable } = sorted([on(0, 5), on(1, 6), '# tracer: nop', '#', on(0, 4)], { bytes: 4096, lines: 9 })
  assert.deepEqual(unsortable, { line: 5, partFrom: 3, byNs: 1000, within: 'CPU 0', times: 1, isOfDistances: false })
})

test('a file out of order by a microsecond is sorted and said to be', async () => {
  const path = join(folder, 'parts')
  writeFileSync(path, `${on(1, 5)}\n${on(1, 9)}\n${on(0, 8)}\n`)
  const recording = await readRecording(path, { keepStreams: false, stdin: () => assert.fail() })
  assert.deepEqual(recording.sortedBecause, { line: 3, byNs: 1000 })
  assert.deepEqual([recording.clock.backwards, recording.clock.spanNs], [0, 4000])
})
