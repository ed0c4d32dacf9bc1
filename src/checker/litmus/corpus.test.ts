import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { MEMORY_MODELS, type MemoryModel } from '../memory/model.ts'
import { observe } from './observe.ts'
import { parseLitmus } from './parse.ts'

const FOLDER = new URL('../../../litmus/', import.meta.url)
const read = (name: string) => readFileSync(new URL(encodeURIComponent(name), FOLDER), 'utf8')

type Row = { readonly name: string; readonly herd: string | null } & Readonly<Record<MemoryModel, string>>
const rows: readonly Row[] = JSON.parse(read('verdicts.json'))

test('every litmus test has the outcome in the table', () => {
  for (const row of rows) {
    const litmus = parseLitmus(read(`${row.name}.litmus`), row.name)
    assert.equal(litmus.name, row.name)
    for (const memory of MEMORY_MODELS) {
      assert.equal(observe(litmus, memory).observation, row[memory], `${row.name} with ${memory}`)
    }
  }
})

test('every litmus test is in the table, and the page has the same table', () => {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.litmus'))
  assert.deepEqual(files.sort(), rows.map(({ name }) => `${name}.litmus`).sort())
  const page = read('README.md')
  for (const { name, herd, sc, tso, relaxed } of rows) {
    assert.ok(page.includes(`| [${name}](${name}.litmus) | ${herd ?? ''} | ${sc} | ${tso} | ${relaxed} |\n`), name)
  }
})

test('where the kernel documents a verdict, ours differs only in what the page says is not modelled', () => {
  const differ = rows.filter(({ herd, relaxed }) => herd !== null && herd !== relaxed)
  assert.deepEqual(
    differ.map(({ name, relaxed }) => [name, relaxed]),
    [
      ['LB+poonceonces', 'Never'],
      ['Z6.0+pooncerelease+poacquirerelease+fencembonceonce', 'Never'],
      ['Z6.0+pooncelock+pooncelock+pombonce', 'Never'],
    ],
  )
})

test('a weaker model has every outcome of a stronger one, in each litmus test', () => {
  for (const { name } of rows) {
    const litmus = parseLitmus(read(`${name}.litmus`), name)
    const [sc, tso, relaxed] = MEMORY_MODELS.map((memory) => observe(litmus, memory).outcomes.map(({ text }) => text))
    for (const outcome of sc!) assert.ok(tso!.includes(outcome), name)
    for (const outcome of tso!) assert.ok(relaxed!.includes(outcome), name)
  }
})
