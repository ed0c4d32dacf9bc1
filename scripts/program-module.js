// A compiled module as a part of a file of many: the text of a function that gives what the module exports. Functions keep their
// text, by which definitions of runs, `diff` and `new` find their source, and every line stays a line.
import { parse } from 'acorn'
import { full } from 'acorn-walk'

/** Modules whose functions are found by their text, comments and all. */
const FOUND_BY_TEXT = /^(protocols|shared-memory)\//

/**
 * `name`: of the module below `dist`. `exportsOf(specifier)`: the expression for what another module exports. `later(specifier)`: the same for one
 * that is loaded when it is needed, undefined if it is to be imported as it stands. `urlOf(specifier)`: the file for a URL that is
 * relative to the module.
 */
export function asFunction(name, { text, tree, comments, inside }, { exportsOf, later, urlOf }) {
  const isFound = FOUND_BY_TEXT.test(name)
  const changes = isFound ? [] : comments.map(({ start, end }) => [start, end, ''])
  const given = []
  const stars = []
  const replace = ({ start, end }, by) => changes.push([start, end, by])
  for (const node of tree.body) {
    if (node.type === 'ImportDeclaration') replace(node, `${namesOf(node, exportsOf(node.source.value))};`)
    else if (node.type === 'ExportAllDeclaration') {
      if (node.exported !== null) throw new Error(`${name}: no rule for \`export * as\``)
      stars.push(exportsOf(node.source.value))
      replace(node, '')
    } else if (node.type === 'ExportDefaultDeclaration') {
      if (node.declaration.id != null) replace({ start: node.start, end: node.declaration.start }, '')
      else replace({ start: node.start, end: node.declaration.start }, 'const $default = ')
      given.push(['default', node.declaration.id?.name ?? '$default'])
    } else if (node.type === 'ExportNamedDeclaration') {
      if (node.declaration != null) {
        if (['let', 'var'].includes(node.declaration.kind)) throw new Error(`${name} exports a variable`)
        replace({ start: node.start, end: node.declaration.start }, '')
        for (const declared of declaredBy(node.declaration)) given.push([declared, declared])
      } else {
        const from = node.source === null ? undefined : exportsOf(node.source.value)
        for (const { local, exported } of node.specifiers)
          given.push([exported.name, from === undefined ? local.name : `${from}.${local.name}`])
        replace(node, '')
      }
    }
  }
  const moved = new Set()
  for (const node of inside) {
    if (node.type === 'NewExpression') {
      const [{ value, ...place }, base] = node.arguments
      replace(place, JSON.stringify(urlOf(value)))
      moved.add(base.object.start)
    } else if (node.type === 'ImportExpression') {
      const found = later(node.source.value)
      if (found !== undefined) replace(node, found)
    }
  }
  for (const node of inside) {
    if (node.type !== 'MetaProperty' || moved.has(node.start)) continue
    if (!text.startsWith('import.meta.url', node.start)) throw new Error(`${name}: no rule for this \`import.meta\``)
    const end = node.start + 'import.meta.url'.length
    replace({ start: node.start, end }, `new URL(${JSON.stringify(urlOf())}, import.meta.url).href`)
  }
  const body = inAscii(changed(text, changes).replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'))
  const own = given.sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, value]) => `${key}: ${value}`)
  const result = stars.length === 0 ? `{ ${own.join(', ')} }` : `$all([${stars.join(', ')}], { ${own.join(', ')} })`
  return `${body}\nreturn ${result}`
}

/** What a module imports now and later, what it exports, whose exports are its own too, and whether it waits while it is evaluated. */
export function linksOf(text) {
  const comments = []
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true, onComment: comments })
  const inside = []
  // Few modules have any of these.
  if (/\bimport\b[.(]/.test(text)) full(tree, (node) => isLinkInside(node) && inside.push(node))
  const later = inside.flatMap(({ type, source }) => (type === 'ImportExpression' ? [source.value] : []))
  const exported = tree.body.flatMap((node) => {
    if (node.type === 'ExportDefaultDeclaration') return ['default']
    if (node.type !== 'ExportNamedDeclaration') return []
    return node.declaration == null ? node.specifiers.map((one) => one.exported.name) : declaredBy(node.declaration)
  })
  const stars = tree.body.filter(({ type }) => type === 'ExportAllDeclaration').map(({ source }) => source.value)
  const now = tree.body.flatMap(({ source }) => (source == null ? [] : [source.value]))
  return { text, tree, comments, inside, now, later, exported, stars, waits: tree.body.some(waitsIn) }
}

/** V8 reads a text in ASCII faster, and keeps it in half the memory. */
const inAscii = (text) => text.replace(/[^\0-\x7f]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)

const isLinkInside = (node) =>
  node.type === 'MetaProperty' ||
  (node.type === 'ImportExpression' && node.source.type === 'Literal') ||
  (node.type === 'NewExpression' && isUrlOfModule(node))

const isUrlOfModule = ({ callee, arguments: [file, base] }) =>
  callee.name === 'URL' &&
  file?.type === 'Literal' &&
  base?.type === 'MemberExpression' &&
  base.object.type === 'MetaProperty'

function namesOf({ specifiers }, from) {
  if (specifiers.length === 0) return from
  const whole = specifiers.find(({ type }) => type === 'ImportNamespaceSpecifier')
  if (whole !== undefined) return `const ${whole.local.name} = ${from}`
  const names = specifiers.map(({ type, imported, local }) => {
    const theirs = type === 'ImportDefaultSpecifier' ? 'default' : imported.name
    return theirs === local.name ? theirs : `${theirs}: ${local.name}`
  })
  return `const { ${names.join(', ')} } = ${from}`
}

function declaredBy(declaration) {
  if (declaration.type !== 'VariableDeclaration') return [declaration.id.name]
  return declaration.declarations.flatMap(({ id }) => {
    if (id.type === 'Identifier') return [id.name]
    const parts = id.type === 'ObjectPattern' ? id.properties.map(({ value }) => value) : id.elements
    return parts.map(({ type, name }) => {
      if (type !== 'Identifier') throw new Error('no rule for such a pattern that is exported')
      return name
    })
  })
}

/** Whether a statement waits while the module is evaluated. */
function waitsIn(statement) {
  let waits = false
  const look = (node) => {
    if (node === null || typeof node !== 'object' || waits) return
    if (Array.isArray(node)) return void node.forEach(look)
    if (/Function/.test(node.type ?? '') || node.type === 'MethodDefinition') return
    if (node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await)) waits = true
    else for (const value of Object.values(node)) look(value)
  }
  look(statement)
  return waits
}

/** The text with other text in some places, on as many lines. */
function changed(text, changes) {
  let result = ''
  let from = 0
  for (const [start, end, by] of changes.sort(([one], [other]) => one - other)) {
    if (start < from) continue
    result += text.slice(from, start) + by + '\n'.repeat(text.slice(start, end).split('\n').length - 1)
    from = end
  }
  return result + text.slice(from)
}
