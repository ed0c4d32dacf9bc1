import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { ReplayError } from '../errors/faultline-error.ts'
import { readMemslots } from './read-memslots.ts'
import { tracePath } from './recorded.contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-'))
after(() => rmSync(folder, { recursive: true }))

function file(content: unknown): string {
  const path = join(folder, 'memslots.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

async function refused(argument: string): Promise<string> {
  const error = await readMemslots(argument).then(
    () => assert.fail(`${argument} was accepted`),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ReplayError, String(error))
  return error.message.replaceAll(folder, '').replaceAll('/memslots.json', 'FILE')
}

test('memslots are read from the file beside a recording', async () => {
  const known = await readMemslots(tracePath('numa.json'))
  assert.equal(known?.origin, 'given')
  assert.deepEqual(known.slots, [{ slot: 0, baseGfn: 0, hva: 0x7_f546_bc00, pages: 65_536 }])
})

test('memslots are read from gfn:hva:pages, in the order of gfns', async () => {
  const known = await readMemslots('0x100000:0x7fffc0000000:512,0:140735340871680:0x200')
  assert.deepEqual(known?.slots, [
    { slot: 1, baseGfn: 0, hva: 0x7_fff8_0000, pages: 512 },
    { slot: 0, baseGfn: 0x100000, hva: 0x7_fffc_0000, pages: 512 },
  ])
})

test('an hva may have 57 bits', async () => {
  const known = await readMemslots('0:0xfffffffff001000:1')
  assert.equal(known?.slots[0]?.hva, 0xfffffffff001)
})

test('memslots that were guessed are said to be, and a file without any leaves them to be inferred', async () => {
  const memslots = [{ baseGfn: 0, hva: '0x1000', pages: 1 }]
  assert.equal((await readMemslots(file({ memslots, guessed: true })))?.origin, 'guessed')
  assert.equal(await readMemslots(file({ memslots: [], guessed: true })), undefined)
})

test('memslots that are wrong are refused with the name of the field', async () => {
  const literals: readonly (readonly [string, string])[] = [
    ['0:0x1000', 'memslot 0 is "0:0x1000", not gfn:hva:pages'],
    ['0:0x1000:1,2:3', 'memslot 1 is "2:3", not gfn:hva:pages'],
    ['0:0x1001:1', 'hva of memslot 0 is 0x1001, which is not a multiple of 4096'],
    ['0:0x1000:0', 'pages of memslot 0 is 0'],
    ['0:0x1000:1,0x:0x1000:1', 'gfn of memslot 1 is "0x", not a whole number of at least 0'],
    ['0:0x1000:4,3:0x9000:1', 'memslots 0 and 1 both map gfn 0x3'],
    ['0:0x10000000000000000:1', 'hva of memslot 0 is 0x10000000000000000, which has more than 64 bits'],
    ['0x10000000000:0x1000:1', 'memslot 0 ends beyond gfn 2^40'],
  ]
  for (const [literal, message] of literals) assert.equal(await refused(literal), message)

  const slot = { slot: 0, baseGfn: 0, hva: '0x1000', pages: 1 }
  const files: readonly (readonly [unknown, string | RegExp])[] = [
    ['{', /^FILE is not JSON: /],
    [[], 'FILE has no list "memslots"'],
    [{ memslots: {} }, 'FILE has no list "memslots"'],
    [{ memslots: [7] }, 'memslots[0] of FILE is 7, not an object'],
    [{ memslots: [slot, { ...slot, hva: undefined }] }, 'hva in memslots[1] of FILE is missing'],
    [{ memslots: [{ ...slot, pages: -1 }] }, 'pages in memslots[0] of FILE is -1, not a whole number of at least 0'],
    [{ memslots: [{ ...slot, baseGfn: 0.5 }] }, /^baseGfn in memslots\[0\] of FILE is 0\.5, not a whole number/],
    [{ memslots: [{ ...slot, hva: 'here' }] }, /^hva in memslots\[0\] of FILE is "here", not a whole number/],
  ]
  for (const [content, expected] of files) {
    const message = await refused(file(content))
    if (typeof expected === 'string') assert.equal(message, expected)
    else assert.match(message, expected)
  }
})

test('a file of memslots that is not there is refused with the reason', async () => {
  assert.equal(
    await refused('/no/such/slots'),
    'the memslots /no/such/slots could not be read: no such file or directory',
  )
})
