import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { faultsOfFolder, MANIFEST, manifestText } from './manifest.ts'

function folderOf(...names: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-manifest-'))
  for (const name of names) writeFileSync(join(folder, name), `{"name":"${name}"}\n`)
  writeFileSync(join(folder, MANIFEST), manifestText(folder))
  return folder
}

test('a folder that agrees with its manifest has no fault', () => {
  assert.deepEqual(faultsOfFolder(folderOf('a.json', 'b.json')), [])
})

test('a missing, a new and an altered file are each named', () => {
  const folder = folderOf('a.json', 'b.json')
  rmSync(join(folder, 'a.json'))
  appendFileSync(join(folder, 'b.json'), ' ')
  writeFileSync(join(folder, 'c.json'), '{}')
  assert.deepEqual(
    faultsOfFolder(folder).map((fault) => fault.replaceAll(`${folder}/`, '')),
    [
      'a.json is gone: SHA256SUMS names it',
      'c.json is not named in SHA256SUMS',
      'b.json is not what was written: its hash differs from that in SHA256SUMS',
    ],
  )
})

test('a missing manifest is a fault, and a damaged one an error that names the line', () => {
  const folder = folderOf('a.json')
  writeFileSync(join(folder, MANIFEST), `${manifestText(folder)}what\n`)
  assert.throws(() => faultsOfFolder(folder), /SHA256SUMS: line 2 is not a hash and a name/)
  rmSync(join(folder, MANIFEST))
  assert.match(faultsOfFolder(folder)[0]!, /has no SHA256SUMS/)
})
