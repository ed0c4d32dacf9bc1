// What is detected in a program whose module can be read, and loaded twice.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { explore, Refused } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-module-'))
after(() => rmSync(folder, { recursive: true }))
let files = 0

function exploreText(text: string) {
  files += 1
  const module = join(folder, `module${files}.mjs`)
  writeFileSync(module, text)
  return explore({ module })
}

const program = (before: string, body: string) => `${before}
  export default {
    setup: (place) => ({ x: place.line('x'), y: place.line('y') }),
    actors: Object.fromEntries(['left', 'right'].map((name) => [name, function* (cpu, { x, y }) { ${body} }])),
    oracle: ({ subject, valueIn }) => valueIn(subject.x) > 100 ? 'too many' : undefined,
  }`

const refused = (text: string, why: RegExp) =>
  assert.rejects(exploreText(text), (error) => {
    assert.ok(error instanceof Refused && why.test(error.message), String(error))
    return true
  })

test('a variable that is set once, by the first actor, is found in a second instance of the module', async () => {
  await refused(
    program('let first', 'first ??= name; yield* cpu.add(x, 1); return first === name'),
    /run again with the same answers/,
  )
  await refused(
    program('const cache = {}', 'cache.owner ??= cpu.id; yield* cpu.store(x, cache.owner)'),
    /run again with the same answers/,
  )
})

test('a module in which nothing is shared can be explored repeatedly', async () => {
  for (let run = 0; run < 3; run += 1) {
    assert.equal((await exploreText(program('const BY = 1', 'yield* cpu.add(x, BY)'))).verdict, 'PASS')
  }
})

const LOCK = "import { TicketLock } from 'faultline/shared-memory'"

for (const body of [
  'helper(cpu, x)',
  'if (helper(cpu, x)) yield* cpu.add(y, 1)',
  'while (!helper(cpu, x)) yield* cpu.pause()',
  'const is = helper(cpu, x) && 1; yield* cpu.add(y, is)',
  'lock.release(cpu)',
]) {
  test(`steps of a function that are not taken are noticed: ${body}`, async () => {
    const text = program(
      `${LOCK}\nfunction* helper(cpu, word) { return yield* cpu.add(word, 1) }`,
      `yield* cpu.load(x); ${body}`,
    )
    const lock = text
      .replace('new TicketLock(place)', 'lock')
      .replace("y: place.line('y')", "y: place.line('y'), lock: new TicketLock(place)")
    await refused(
      lock.replace('{ x, y }', '{ x, y, lock }'),
      /calls (helper|lock\.release)\(cpu.*\) in module\d+\.mjs:\d+, but takes none of its steps\. Write `yield\*`/,
    )
  })
}

test('calls that take no steps are accepted as statements and conditions', async () => {
  const body = 'const list = []; list.push(1); if (list.includes(1) && isFine()) yield* cpu.add(x, list.length)'
  assert.equal((await exploreText(program('const isFine = () => true', body))).verdict, 'PASS')
})

test('a module that cannot be traced, and may take steps, is refused', async () => {
  writeFileSync(join(folder, 'helper.cjs'), 'exports.add = function* (cpu, word) { return yield* cpu.add(word, 1) }')
  writeFileSync(join(folder, 'plain.cjs'), 'exports.BY = 1')
  const text = (name: string) =>
    program(`import { ${name} } from './${name === 'BY' ? 'plain' : 'helper'}.cjs'`, 'yield* cpu.add(x, 1)')
  await assert.rejects(
    exploreText(text('add')),
    /helper\.cjs is CommonJS, has generator functions and cannot be traced/,
  )
  assert.equal((await exploreText(text('BY'))).verdict, 'PASS')
})

test('a generator that yields plain values is an iterator in a traced module too', async () => {
  const numbers = 'function* numbers() { yield; for (let n = 1; n < 3; n += 1) yield n }'
  const body = 'for (const n of numbers()) if (n !== undefined) yield* cpu.add(x, n)'
  const { verdict } = await exploreText(program(numbers, body).replace('> 100', '!== 6'))
  assert.equal(verdict, 'PASS')
  await refused(program('', 'yield; yield* cpu.add(x, 1)'), /yields undefined, which is not a step/)
})
