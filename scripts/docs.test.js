// The documentation, held against the program: a command that a page shows is one that the program takes, and a block of modelled
// output is what the program prints. Blocks of measured output are of a host and a day; `npm run figures` measures them again.
import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { faultline, runProgram } from '../dist/cli/faultline.contract.js'
import { blocksIn, outputOf } from './figures.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = mkdtempSync(join(tmpdir(), 'faultline-docs-'))
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

const pagesIn = (folder, recursive) =>
  readdirSync(join(ROOT, folder), { recursive })
    .filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md')
    .map((name) => join(folder, name))
const PAGES = [
  ...pagesIn('.', false),
  ...['docs', 'examples', 'litmus', 'results', 'traces'].flatMap((one) => pagesIn(one, true)),
]
const textOf = (page) => readFileSync(join(ROOT, page), 'utf8')

/** The commands of the code blocks of a page that are not another language's, without comments. */
function commandsIn(text) {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, language]) => ['', 'sh'].includes(language))
    .map(([, , block]) => block.replace(/\\\n\s*/g, ' '))
  return blocks
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/^\$ /, '').replace(/\s+#.*$/, ''))
    .flatMap((line) => line.split(' && '))
    .filter((line) => /^(?:(?:npx )?faultline [a-z]+|npm run [a-z:]+)(?: |$)/.test(line))
}

/** The words that follow `faultline`, whichever way the command is written; nothing if another script of the package is run. */
function wordsOf(command) {
  const [, script, rest = ''] = command.match(/^npm run ([a-z:]+)(?: -- (.*))?$/) ?? []
  if (script === undefined) return split(command.replace(/^(?:npx )?faultline /, ''))
  assert.ok(scripts[script], `package.json has no script ${script}`)
  const [, own] = scripts[script].match(/dist\/cli\/main\.js (\w+)$/) ?? []
  return own === undefined ? [] : [own, ...split(rest)]
}

const split = (text) =>
  [...text.matchAll(/"([^"]*)"|\S+/g)]
    .map(([word, quoted]) => quoted ?? word)
    .map((word) => word.replace(/\$\(\(?[^)]*\)?\)|\$\w+/g, '1'))

/** The program as it is told to end before it begins, so that it reads what it was given and no more. */
const STOPPED = { signal: AbortSignal.abort() }

/** What the commands name: recordings and locks of this repository, two results, and one's own patch. */
before(async () => {
  for (const name of ['traces', 'litmus']) symlinkSync(join(ROOT, name), join(FOLDER, name))
  process.chdir(FOLDER)
  for (const name of ['distributed-rwlock.ts', 'range-flush.ts', 'yield-at-2m.ts']) {
    copyFileSync(join(ROOT, 'examples', 'patches', name), name)
  }
  for (const name of ['old.json', 'new.json', 'one.json'])
    copyFileSync(join(ROOT, 'results', 'baseline', 'precheck.json'), name)
  copyFileSync(join(ROOT, 'traces', 'numa.trace.gz'), 'myvm.trace.gz')
  copyFileSync(join(ROOT, 'traces', 'numa.json'), 'myvm.json')
  const { code, err } = await faultline('new', 'patch', 'my-yield.ts', '--from', 'coarse-yield')
  assert.equal(code, 0, err)
})
after(() => {
  process.chdir(ROOT)
  rmSync(FOLDER, { recursive: true })
})

/** Of these the words cannot be read alone: they need a repository, parts that were measured before, or a whole schedule. */
const NEEDS_MORE = /^(?:new patch my-yield\.ts|merge |regress|bench --ab )|\.\.\.$/

test('every command that the documentation shows is one that the program takes', async () => {
  const commands = new Set(PAGES.flatMap((page) => commandsIn(textOf(page))))
  let read = 0
  for (const command of commands) {
    const words = wordsOf(command)
    if (words.length === 0 || NEEDS_MORE.test(words.join(' '))) continue
    const { code, err } = await runProgram(words, STOPPED)
    assert.ok([0, 1, 4, 130].includes(code), `${command} ended with ${code}: ${err}`)
    read += 1
  }
  assert.ok(read > 50, `${read} commands were read`)
})

/** Modelled, so the same on every host. `validate --draws 20` is too, and takes minutes: its figures have a test of their own. */
const MODELLED = PAGES.flatMap((page) => blocksIn(textOf(page)).map((block) => ({ ...block, page }))).filter(
  ({ command }) => / -m (?!threads)[^ ,]+(?: |$)/.test(command),
)

test('blocks of modelled output are in the documentation', () => {
  assert.ok(MODELLED.length > 3, `${MODELLED.length}`)
})

for (const { page, command, output } of MODELLED) {
  test(`${page} shows what \`${command}\` prints`, async () => {
    const { out } = await faultline(...wordsOf(command))
    assert.equal(outputOf(out), output.trim())
  })
}

const DATED = /Measured on|were measured on/i
const DAY = /\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) 20\d\d/

test('a page that shows measured output says on which host and day, and how to measure it again', () => {
  const measured = PAGES.filter((page) => blocksIn(textOf(page)).some(({ output }) => / \(measured\): /.test(output)))
  assert.ok(measured.length > 3)
  for (const page of measured) {
    const said = textOf(page)
      .split('\n\n')
      .map((paragraph) => paragraph.replaceAll('\n', ' '))
      .find((paragraph) => DATED.test(paragraph) && DAY.test(paragraph))
    assert.match(said ?? '', /Node \d+\.\d+.*`npm run figures -- /, page)
  }
})
