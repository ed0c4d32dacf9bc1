// Renders the pictures of the documentation: figures of report pages, drawn from the results in docs/pictures by the system's Chromium.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { validate } from '../dist/bench/schema.js'
import { browserPath, launch, unfolded } from '../dist/report/page/chromium.contract.js'
import { pageHtml } from '../dist/report/page/page.js'
import { resultPage } from '../dist/report/page/result-page.js'

const FOLDER = fileURLToPath(new URL('../docs/pictures/', import.meta.url))

/** Which figure of which result becomes which picture. */
const PICTURES = [
  { result: 'precheck-sweep.json', figure: 'faults/s by vCPUs', to: 'precheck-faults.png' },
  { result: 'precheck-sweep.json', figure: 'remote TLB flushes per unmap by vCPUs', to: 'precheck-flushes.png' },
]

const path = browserPath()
if (path === undefined) {
  console.error('No Chromium is installed: apt-get install chromium.')
  process.exit(2)
}
const browser = await launch(path)
const folder = mkdtempSync(join(tmpdir(), 'faultline-pictures-'))
for (const { result, figure, to } of PICTURES) {
  const html = join(folder, `${to}.html`)
  writeFileSync(html, pageHtml(resultPage(validate(JSON.parse(readFileSync(join(FOLDER, result), 'utf8'))))))
  const page = await browser.newPage({ viewport: { width: 860, height: 900 }, colorScheme: 'light' })
  await page.goto(`file://${html}`)
  await unfolded(page)
  const element = page.locator('figure', { hasText: figure }).first()
  await element.evaluate((shown) => {
    for (const details of shown.querySelectorAll('details')) details.remove()
  })
  writeFileSync(join(FOLDER, to), await element.screenshot())
  await page.close()
  console.log(to)
}
await browser.close()
