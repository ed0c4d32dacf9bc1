import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page as BrowserPage } from 'playwright-core'
import { resultIn } from '../../cli/running.contract.ts'
import { browserPath, launch, unfolded } from './chromium.contract.ts'
import { comparisonPage } from './comparison-page.ts'
import { pageHtml } from './page.ts'
import type { Page } from './spec.ts'

const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url))
const TRACE = fileURLToPath(new URL('../../../traces/memslot.trace.gz', import.meta.url))
const PATCH = fileURLToPath(new URL('../../../examples/patches/yield-at-2m.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'faultline-pages-'))
const executable = browserPath()
const skip = executable === undefined ? 'no Chromium is installed: apt-get install chromium' : false

const specs = new Map<string, Page>()
let browser: Browser

/** The data that the program wrote into the page. */
function specIn(file: string): Page {
  const html = readFileSync(join(folder, file), 'utf8')
  return JSON.parse(/id="data">(.*?)<\/script>/s.exec(html)![1]!) as Page
}

function run(...words: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...words], { cwd: folder, encoding: 'utf8' })
  assert.ok(status === 0 || status === 4, stderr)
}

before(async () => {
  const load = ['-s', 'precheck', '-m', 'altra-64', '--duration', '0.1ms', '--warmup', '0.05ms', '--quiet']
  copyFileSync(PATCH, join(folder, 'mine.ts'))
  run(
    'bench',
    ...load,
    '--variant',
    'no-precheck,./mine.ts',
    '--timeline',
    '100',
    '--out',
    'a.json',
    '--report',
    'result.html',
  )
  run('bench', ...load, '--sweep', 'vcpus=1,2', '--sweep', 'pause-us=10,100', '--out', 'b.json', '--report', 'map.html')
  run('check', 'precheck', '--variant', 'B-STALE', '--configuration', 'one-vcpu', '--report', 'witness.html')
  run('report', TRACE, '-o', 'trace.html')
  for (const kind of ['result', 'map', 'witness', 'trace']) specs.set(kind, specIn(`${kind}.html`))
  const sources = ['a.json', 'b.json'].map((name) => ({ name, result: resultIn(join(folder, name)) }))
  specs.set('comparison', comparisonPage(sources))
  if (executable !== undefined) browser = await launch(executable)
})
after(async () => await browser?.close())

async function opened(spec: Page): Promise<{ page: BrowserPage; complaints: string[] }> {
  const path = join(folder, 'opened.html')
  writeFileSync(path, pageHtml(spec))
  const page = await browser.newPage({ viewport: { width: 360, height: 900 } })
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => request.url() === `file://${path}` || complaints.push(`asked for ${request.url()}`))
  await page.goto(`file://${path}`)
  await unfolded(page)
  return { page, complaints }
}

/** Fields that are words of the page's own, and no text that came from a file. */
const OWN = ['type', 'kind', 'style', 'scale', 'grade', 'verdict', 'shows']
const CERTAINTIES = ['sure', 'unsure', 'same', 'absent']
const EVIL = `</script><img src=x onerror="document.title='owned'"><b>`

/** The same page with every text of it, whatever it is, hostile. */
function hostile(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return OWN.includes(name) || CERTAINTIES.includes(value) ? value : `${value}${EVIL}`
  if (Array.isArray(value)) return value.map((item) => hostile(item, name))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hostile(item, key)]))
}

const figuresOf = ({ sections }: Page) => sections.flatMap(({ figures }) => figures)

test('every figure of every kind of page says how it was come by, has a caption, a table and the command that made it', () => {
  for (const [kind, spec] of specs) {
    assert.ok(figuresOf(spec).length > 0, kind)
    for (const { title, kind: come, caption, command, body, table } of figuresOf(spec)) {
      assert.ok(['measured', 'modelled', 'recorded', 'checked'].includes(come), title)
      assert.match(caption, /\.$/, `${kind}: ${title}`)
      assert.match(command, /^npx faultline /, `${kind}: ${title}`)
      // A map and a matrix are tables by themselves, and a diff is text.
      if (!['matrix', 'phase', 'text'].includes(body.type)) assert.ok(table.rows.length > 0, `${kind}: ${title}`)
    }
  }
})

test('the page of a patch has the diff of what it does otherwise', { skip }, async () => {
  const spec = specs.get('result')!
  const [figure] = figuresOf(spec).filter(({ body }) => body.type === 'text')
  assert.ok(figure?.body.type === 'text' && figure.body.isCode)
  const { page } = await opened(spec)
  const shown = await page.locator('figure[data-type=text] pre').textContent()
  assert.equal(shown, figure.body.lines.join('\n'))
  assert.match(shown!, /mine\.ts/)
  await page.close()
})

for (const kind of ['result', 'map', 'comparison', 'witness', 'trace']) {
  test(`${kind}: any text of the page stays text, and nothing is wider than 360 px`, {
    skip,
  }, async () => {
    const spec = hostile(specs.get(kind)!) as Page
    const { page, complaints } = await opened(spec)
    assert.deepEqual(complaints, [])
    assert.equal(await page.locator('figure').count(), figuresOf(spec).length)
    for (const summary of await page.locator('figure summary').all()) await summary.click()
    assert.equal(await page.locator('img, b').count(), 0)
    assert.doesNotMatch(await page.title(), /^owned/)
    assert.ok((await page.getByText(EVIL, { exact: false }).count()) > 0)
    const width = await page.evaluate('document.documentElement.scrollWidth')
    assert.ok(Number(width) <= 360, `${width} px`)
    await page.close()
  })
}

test('printed from a dark screen, a page is dark on white', { skip }, async () => {
  const { page } = await opened(specs.get('result')!)
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  const colours = await page.evaluate(
    '[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]',
  )
  assert.deepEqual(colours, ['rgb(27, 27, 27)', 'rgb(255, 255, 255)'])
  await page.close()
})

test('a map of many columns has a cell for each load, and says of each what it is', { skip }, async () => {
  const xs = Array.from({ length: 100 }, (_, at) => String(at))
  const cell = [0, 'sure', 'one wins', 0] as const
  const body = {
    type: 'phase',
    x: 'a',
    y: 'b',
    xs,
    ys: ['2', '1'],
    variants: ['one'],
    rows: [xs.map(() => cell), xs.map(() => cell)],
  } as const
  const spec = specs.get('map')!
  const [section] = spec.sections
  const figures = [{ ...section!.figures[0]!, body }]
  const { page } = await opened({ ...spec, sections: [{ ...section!, figures }] })
  assert.equal(await page.locator('.phase-dense td').count(), 200)
  assert.equal(await page.locator('.phase-dense td').nth(101).getAttribute('aria-label'), 'a 1, b 1: one wins')
  await page.locator('figure[data-type=phase] summary').first().click()
  assert.equal(await page.locator('figure[data-type=phase] details td').count(), 200)
  await page.close()
})
