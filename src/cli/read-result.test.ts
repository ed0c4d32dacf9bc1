import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { resultOf, runOf } from '../bench/comparing/testing.contract.ts'
import { resultText } from '../bench/result-text.ts'
import type { Io } from './io.ts'
import { readResult } from './read-result.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-read-'))
test.after(() => rmSync(FOLDER, { recursive: true }))

const result = resultOf([runOf({ elapsed_ns: [1] })])

async function idOf(id: string, written = (text: string) => text): Promise<string> {
  const file = join(FOLDER, 'x.json')
  writeFileSync(file, written(resultText({ ...result, id })))
  return (await readResult(file, undefined as unknown as Io)).id
}

test('control characters in a name are shown escaped, as in JSON, however the file writes them', async () => {
  const [start, remove, turn] = ['\u001b', '\u007f', '\u202e']
  for (const sign of [start, remove, turn, '\n', '\u200b']) {
    const code = `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`
    assert.equal(await idOf(`a${sign}[31mb`), `a${code}[31mb`)
    const inAscii = (text: string) =>
      text.replace(/[^\n -~]/g, (raw) => `\\u${raw.charCodeAt(0).toString(16).padStart(4, '0')}`)
    assert.equal(await idOf(`a${sign}b`, inAscii), `a${code}b`)
  }
})

test('a name of plain letters, quotation marks and backslashes stays as it is', async () => {
  for (const id of ['plain', 'with "marks"', 'with \\ in it', 'with \\n in it', 'größer']) {
    assert.equal(await idOf(id), id)
  }
})
