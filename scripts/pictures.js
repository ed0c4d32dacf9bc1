// Renders the pictures of the documentation: figures of report pages, drawn from committed results and recordings by the system's Chromium.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { browserPath, launch, unfolded } from '../dist/report/page/chromium.contract.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Which figure of the page of which file becomes which picture. */
export const PICTURES = [
  { from: 'docs/pictures/precheck-sweep.json', figure: 'faults/s by vCPUs', to: 'docs/pictures/precheck-faults.png' },
  {
    from: 'docs/pictures/precheck-sweep.json',
    figure: 'remote TLB flushes per unmap by vCPUs',
    to: 'docs/pictures/precheck-flushes.png',
  },
  {
    from: 'docs/pictures/precheck-map.json',
    figure: 'where each variant has the better faults/s',
    to: 'docs/pictures/precheck-map.png',
  },
  { from: 'traces/numa.trace.gz', figure: 'timeline', to: 'docs/pictures/numa-timeline.png' },
]

/** The page of a result or of a recording, as the program writes it. */
function pageOf(from, folder) {
  const html = join(folder, `${PICTURES.findIndex((picture) => picture.from === from)}.html`)
  const words = [join(ROOT, 'dist/cli/main.js'), 'report', join(ROOT, from), '-o', html, '--force']
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return html
}

/** Draws all of them; the name of each is told when it is there. */
export async function renderPictures(told) {
  const path = browserPath()
  if (path === undefined) throw new Error('No Chromium is installed: apt-get install chromium.')
  const browser = await launch(path)
  const folder = mkdtempSync(join(tmpdir(), 'faultline-pictures-'))
  for (const { from, figure, to } of PICTURES) {
    const page = await browser.newPage({ viewport: { width: 860, height: 900 }, colorScheme: 'light' })
    await page.goto(`file://${pageOf(from, folder)}`)
    await unfolded(page)
    const element = page.locator(`figure[aria-label="${figure}"]`)
    await element.evaluate((shown) => {
      for (const details of shown.querySelectorAll('details')) details.remove()
    })
    writeFileSync(join(ROOT, to), await element.screenshot())
    await page.close()
    told(to)
  }
  await browser.close()
}
