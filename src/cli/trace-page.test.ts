import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { faultline } from './faultline.contract.ts'

const TRACE = fileURLToPath(new URL('../../traces/memslot.trace.gz', import.meta.url))

test('a trace is written as a page, whose timeline has a mark for each invalidation of its threads', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'faultline-trace-page-')), 'trace.html')
  const { code, err } = await faultline('trace', TRACE, '--report', path)
  assert.equal(code, 0, err)
  const data = /id="data">(.*?)<\/script>/s.exec(readFileSync(path, 'utf8'))![1]!
  const [section] = JSON.parse(data).sections
  const { body, table } = section.figures[0]
  const drawn = body.marks.filter(([, , name]: number[]) => name === 2).length
  const listed = table.rows.reduce((sum: number, row: string[]) => sum + Number(row[3]), 0)
  assert.ok(body.marks.length > 0)
  assert.equal(drawn, listed)
})

test('a report of a recording is the page that the trace command writes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-trace-page-'))
  const [one, other] = [join(folder, 'one.html'), join(folder, 'other.html')]
  await faultline('trace', TRACE, '--report', one)
  const { code, err } = await faultline('report', TRACE, '-o', other)
  assert.equal(code, 0, err)
  assert.equal(readFileSync(other, 'utf8'), readFileSync(one, 'utf8'))
  writeFileSync(join(folder, 'neither.txt'), 'neither a result nor a recording\n')
  const { code: refused, err: says } = await faultline('report', join(folder, 'neither.txt'), '-o', one)
  assert.equal(refused, 2)
  assert.match(says, /neither\.txt .*JSON/)
})

test('results that replay a recording stand below it on its page, with its own waits beside theirs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-trace-page-'))
  const [replay, other, page] = ['replay.json', 'other.json', 'page.html'].map((name) => join(folder, name))
  const load = ['bench', '-s', 'precheck', '-m', 'altra-64', '--draws', '0', '--quiet', '--no-progress']
  await faultline(...load, '--trace', TRACE, '--timeline', '100', '--out', replay!)
  const { code, err } = await faultline('report', TRACE, replay!, '-o', page!)
  assert.equal(code, 0, err)
  const data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(readFileSync(page!, 'utf8'))![1]!)
  const titles = data.sections.slice(1).flatMap((section: Section) => section.figures.map(({ title }) => title))
  assert.ok(titles.includes('the recorded kernel beside its replay'))
  assert.ok(titles.indexOf('timeline of the recorded kernel') < titles.indexOf('timeline of no-precheck'))
  await faultline(...load, '--vcpus', '1', '--duration', '0.1ms', '--out', other!)
  const refused = await faultline('report', TRACE, other!, '-o', page!)
  assert.equal(refused.code, 2)
  assert.match(refused.err, /other\.json has no run that replays a recording\n.*--trace/)
})

type Section = { readonly figures: readonly { readonly title: string }[] }
