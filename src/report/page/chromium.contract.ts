import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The system's browser; undefined where there is none. */
export const browserPath = (): string | undefined => PATHS.find((path) => existsSync(path))

/** Starts it without any of its own traffic. */
export const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

/** Waits until every chart is drawn that can be seen: one that is folded away has no width yet. */
export async function drawn(page: Page): Promise<void> {
  // A predicate that is polled within the page would be refused by the page's own policy.
  while (!(await page.evaluate(ALL_DRAWN))) await page.waitForTimeout(20)
}

const ALL_DRAWN =
  "[...document.querySelectorAll('.plot')].every((plot) => plot.clientWidth === 0 || plot.querySelector('.uplot') !== null)"

/** Opens what is folded away, and draws it. */
export async function unfolded(page: Page): Promise<void> {
  await page.evaluate("for (const fold of document.querySelectorAll('details.fold')) fold.open = true")
  await drawn(page)
}
