import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page as BrowserPage } from 'playwright-core'
import type { Metric, Result, Run } from '../../bench/result.ts'
import { validate } from '../../bench/schema.ts'
import { browserPath, launch, unfolded } from './chromium.contract.ts'
import { comparisonPage } from './comparison-page.ts'
import { pageHtml } from './page.ts'
import { resultPage } from './result-page.ts'

const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'faultline-page-'))
const executable = browserPath()
const skip = executable === undefined ? 'no Chromium is installed: apt-get install chromium' : false

let browser: Browser
let result: Result

before(async () => {
  const plan = ['bench', '-s', 'precheck', '-m', 'altra-64', '--vcpus', '2,4,8', '--duration', '0.4ms', '--quiet']
  const ended = ['--timeline', '400', '--out', 'result.json']
  execFileSync(process.execPath, [MAIN, ...plan, ...ended], { cwd: folder, stdio: 'ignore' })
  result = validate(JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')))
  if (executable !== undefined) browser = await launch(executable)
})
after(async () => await browser?.close())

/** Opens a page from disk, and fails if it writes to its console or makes a network request. */
async function opened(html: string, width = 1400, colorScheme: 'light' | 'dark' = 'light'): Promise<BrowserPage> {
  const path = join(folder, `page-${Math.random()}.html`)
  writeFileSync(path, html)
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme })
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    if (request.url() !== `file://${path}`) complaints.push(`asked for ${request.url()}`)
  })
  await page.goto(`file://${path}`)
  await unfolded(page)
  assert.deepEqual(complaints, [])
  return page
}

test('the command writes a page of less than 2 MB, beside the result', () => {
  const out = execFileSync(process.execPath, [MAIN, 'report', 'result.json'], { cwd: folder, encoding: 'utf8' })
  assert.equal(out.trim(), 'result.html')
  assert.ok(statSync(join(folder, 'result.html')).size < 2_000_000)
})

test('no figure of a modelled run says that it was measured', () => {
  const figures = resultPage(result).sections.flatMap((section) => section.figures)
  assert.ok(figures.some(({ title }) => title === 'where the time went'))
  for (const { kind, title, caption } of figures) {
    assert.equal(kind, 'modelled', title)
    assert.doesNotMatch(caption, /measured/, title)
  }
})

test('the page opens from disk without a request or a complaint, with a chart for each figure', { skip }, async () => {
  const spec = resultPage(result)
  const page = await opened(pageHtml(spec))
  const figures = spec.sections.flatMap((section) => section.figures)
  assert.equal(await page.locator('figure').count(), figures.length)
  const drawn = figures.filter(({ body }) => body.type === 'lines' || body.type === 'timeline').length
  assert.equal(await page.locator('.uplot').count(), drawn)
  await page.close()
})

test('a chart holds every point of its series, and says the values under the pointer', { skip }, async () => {
  const spec = resultPage(result)
  const page = await opened(pageHtml(spec))
  const figures = spec.sections.flatMap((section) => section.figures)
  const at = figures.findIndex(({ title }) => title === 'faults/s by vCPUs')
  const { body } = figures[at]!
  assert.ok(body.type === 'lines')
  const figure = page.locator('figure').nth(at)
  const drawn = await figure.locator('.plot').evaluate((box) => {
    const { chart } = box as unknown as { chart: { data: (number | null | undefined)[][] } }
    return chart.data.slice(1).map((column) => column.filter((value) => typeof value === 'number').length)
  })
  assert.deepEqual(
    drawn,
    body.series.map(({ points }) => points.length),
  )
  await figure.locator('.plot').focus()
  await page.keyboard.press('ArrowRight')
  const said = await figure.locator('.under-pointer').textContent()
  const run = result.runs.find(({ variant, params }) => variant === 'no-precheck' && params.vcpus === 2)!
  const thousands = Number((run.metrics.faults_per_second!.median / 1000).toPrecision(3))
  assert.match(said ?? '', new RegExp(`^2: no-precheck ${thousands}k/s`))
  await page.close()
})

test('the keyboard zooms a chart, shows all of it again, and goes to the events of each lane', { skip }, async () => {
  const page = await opened(pageHtml(resultPage(result)))
  const plot = page.locator('figure[data-type=timeline] .plot').first()
  const range = () =>
    plot.evaluate((box) => {
      const { chart } = box as unknown as { chart: { scales: { x: { min: number; max: number } } } }
      return chart.scales.x.max - chart.scales.x.min
    })
  const whole = await range()
  await plot.focus()
  await page.keyboard.press('+')
  const zoomed = await range()
  assert.ok(zoomed <= whole / 2 + 1)
  const start = () =>
    plot.evaluate((box) => (box as unknown as { chart: { scales: { x: { min: number } } } }).chart.scales.x.min)
  await page.keyboard.press('Shift+ArrowLeft')
  const left = await start()
  await page.keyboard.press('Shift+ArrowRight')
  assert.ok((await start()) > left, 'it pans')
  assert.ok(Math.abs((await range()) - zoomed) < 1, 'as much is seen as before')
  await page.keyboard.press('0')
  assert.equal(await range(), whole)
  const said = page.locator('figure[data-type=timeline] .under-pointer').first()
  for (const lane of ['vcpu 0', 'vcpu 1', 'vcpu 0']) {
    await page.keyboard.press('ArrowRight')
    assert.match((await said.textContent())!, new RegExp(`^${lane} at .*: (?!nothing)`))
    await page.keyboard.press(lane === 'vcpu 0' ? 'ArrowDown' : 'ArrowUp')
  }
  await page.close()
})

test('on a narrow screen, dark or light, nothing is wider than the screen', { skip }, async () => {
  const page = await opened(pageHtml(resultPage(result)))
  for (const width of [360, 800, 1400]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height: 900 })
      await page.emulateMedia({ colorScheme })
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      assert.ok(Number(overflow) <= 0, `${overflow} pixels too wide at ${width}`)
    }
  }
  await page.close()
})

test('of two results the page says first what changed', { skip }, async () => {
  const slower = {
    ...result,
    runs: result.runs.map((run) => ({
      ...run,
      metrics: { ...run.metrics, faults_per_second: { ...run.metrics.faults_per_second!, median: 1, ci95: [1, 1] } },
      trials: run.trials.map((trial) => ({ ...trial, metrics: { ...trial.metrics, faults_per_second: 1 } })),
    })),
  } as unknown as Result
  const spec = comparisonPage([
    { name: 'base.json', result },
    { name: 'head.json', result: slower },
  ])
  const page = await opened(pageHtml(spec))
  assert.equal(await page.locator('section h2').first().textContent(), 'What changed')
  assert.match((await page.locator('section').first().textContent()) ?? '', /6 worse/)
  await page.close()
})

test('a witness is a page: a slider goes through its steps, and the values of the words follow', { skip }, async () => {
  const found = spawnSync(process.execPath, [MAIN, 'check', 'precheck', '--variant', 'B-STALE', '--report', 'w.html'], {
    cwd: folder,
    encoding: 'utf8',
  })
  assert.equal(found.status, 0, found.stderr)
  const page = await opened(readFileSync(join(folder, 'w.html'), 'utf8'))
  const slider = page.locator('input[type=range]')
  const steps = Number(await slider.getAttribute('max')) + 1
  assert.equal(await page.locator('.witness tbody tr').count(), steps)
  assert.match((await page.locator('output').textContent()) ?? '', new RegExp(`^step ${steps} of ${steps}$`))
  const last = await page.locator('.words').textContent()
  await slider.focus()
  await page.keyboard.press('Home')
  assert.match((await page.locator('output').textContent()) ?? '', /^step 1 of /)
  assert.notEqual(await page.locator('.words').textContent(), last)
  assert.match((await page.locator('.answer').first().textContent()) ?? '', /^\w+: /)
  await page.close()
})

/** A sweep over two parameters, with the runs of `variants` called `names`. */
function phasePage(names: readonly string[]): string {
  const [base, other] = result.runs as readonly [Run, Run]
  const runs = [1, 2, 4].flatMap((vcpus) =>
    [10, 100].flatMap((pause) =>
      names.map((variant, index): Run => {
        const isBest = (index === 0) === vcpus * 20 > pause
        const params = { ...base.params, vcpus, 'pause-us': pause }
        const count = isBest ? 1 : 3
        const flushes: Metric = { ...base.metrics.flushes_per_unmap!, median: count, ci95: [count, count] }
        const metrics = { flushes_per_unmap: flushes }
        return { ...(index === 0 ? base : other), variant, params, metrics, histograms: {}, warnings: [] }
      }),
    ),
  )
  return pageHtml(resultPage({ ...result, runs }))
}

test('a phase map has a cell for each load, whose value the pointer and the arrow keys say', { skip }, async () => {
  const page = await opened(phasePage(['no-precheck', 'precheck']), 360, 'dark')
  const cells = page.locator('.phase').first().locator('td')
  assert.equal(await cells.count(), 6)
  const table = page.locator('figure[data-type=phase]').first().locator('details').first()
  await table.locator('summary').click()
  const listed = await table.locator('td').allTextContents()
  const labels = await cells.evaluateAll((all) => all.map((cell) => String(cell.getAttribute('aria-label'))))
  assert.deepEqual(
    labels.map((label) => label.split(': ')[1]),
    listed,
  )
  assert.ok(labels.includes('vcpus 1, pause-us 100: precheck wins, 0.333x'))
  assert.ok(labels.includes('vcpus 1, pause-us 10: no-precheck wins, 0.333x'))

  const said = page.locator('figure[data-type=phase] .under-pointer').first()
  await cells.nth(1).hover()
  assert.equal(await said.textContent(), labels[1])
  await page.locator('figure[data-type=phase] .scroll').first().focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowRight')
  assert.equal(await said.textContent(), labels[5])
  const width = await page.evaluate('document.documentElement.scrollWidth')
  assert.ok(Number(width) <= 360, `${width} px`)
  await page.close()
})

test('a screen reader finds a name on every chart, table and column', { skip }, async () => {
  const pages = [pageHtml(resultPage(result)), phasePage(['no-precheck', 'precheck']), readWitness()]
  for (const html of pages) {
    const page = await opened(html)
    await page.locator('figure details').evaluateAll((all) => {
      for (const one of all) one.querySelector('summary')!.click()
    })
    const session = await page.context().newCDPSession(page)
    const { nodes } = await session.send('Accessibility.getFullAXTree')
    const seen = nodes.filter(({ ignored, role }) => !ignored && NAMED.includes(String(role?.value)))
    const nameless = seen.filter(({ name }) => String(name?.value ?? '').trim() === '')
    assert.deepEqual(
      nameless.map(({ role }) => role?.value),
      [],
    )
    assert.ok(seen.some(({ role }) => role?.value === 'table'))
    await page.close()
  }
})

const NAMED = ['image', 'table', 'region', 'figure', 'button', 'slider', 'columnheader', 'rowheader', 'heading']

function readWitness(): string {
  const path = join(folder, 'w.html')
  const args = [MAIN, 'check', 'precheck', '--variant', 'B-STALE', '--report', path, '--force']
  assert.equal(spawnSync(process.execPath, args).status, 0)
  return readFileSync(path, 'utf8')
}
