import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Result } from '../bench/result.ts'
import { faultline } from './faultline.contract.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-timeline-'))
test.after(() => rmSync(FOLDER, { recursive: true }))

test('a timeline does not change the invalidations of a modelled run, and shows each step of the sequence', async () => {
  const out = join(FOLDER, 'result.json')
  const plan = '-s precheck -m altra-64 --vcpus 2 --duration 0.5ms --draws 0 --timeline 20000 --quiet --out'
  const { code, err } = await faultline('bench', ...plan.split(' '), out)
  assert.equal(code, 0, err)
  const result = JSON.parse(readFileSync(out, 'utf8')) as Result
  assert.equal(result.runs.length, 2)
  for (const { timeline } of result.runs) {
    const events = timeline!.cpus.find(({ name }) => name.startsWith('notifier'))!.events
    const valuesOf = (word: string) =>
      events.flatMap(([, what, of, value]) => (what === 'value' && of === word ? [value] : []))
    const sequence = valuesOf('mmu_invalidate_seq')
    assert.ok(sequence.length > 5)
    assert.deepEqual(
      sequence,
      sequence.map((_, index) => sequence[0]! + index),
    )
    const inProgress = valuesOf('mmu_invalidate_in_progress')
    assert.deepEqual(
      inProgress,
      inProgress.map((_, index) => (index % 2 === 0 ? inProgress[0]! : 1 - inProgress[0]!)),
    )
    const broadcasts = events.filter(([, what]) => what === 'broadcast').length
    assert.ok(Math.abs(broadcasts - events.filter(([, what]) => what === 'broadcasted').length) <= 1)
  }
})
