import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Page } from './spec.ts'

/** Files that the build places beside this module: the browser program with the charting library, and the style sheet. */
const asset = (name: string) => readFileSync(new URL(`./browser/${name}`, import.meta.url), 'utf8')

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/**
 * One file that needs nothing else: no request leaves it, and its policy allows only the program and the style that are in it.
 * Everything that came from a result is data in JSON, which the program shows as text.
 */
export function pageHtml(page: Page): string {
  const script = asset('client.js')
  const style = asset('client.css')
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="generator" content="faultline">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(page.title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<noscript>This page draws its charts and tables with JavaScript, which is switched off.</noscript>',
    '<main id="page"></main>',
    `<script type="application/json" id="data">${escapeJson(JSON.stringify(page))}</script>`,
    `<script>${script}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

/** Inside of a script element only `<` can end it. */
const escapeJson = (json: string) => json.replaceAll('<', '\\u003c')

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character]!)
