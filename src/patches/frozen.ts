import { type Expression, parse } from 'acorn'

/**
 * Statements that freeze what the constants of a module hold, as far as it is written as literals. The rules find a
 * change by the constant's name; one by another name throws at its line.
 */
export function frozen(code: string): string {
  const { body } = parse(code, { ecmaVersion: 'latest', sourceType: 'module' })
  const declarations = body.flatMap((node) => {
    const inner = node.type === 'ExportNamedDeclaration' ? node.declaration : node
    return inner?.type === 'VariableDeclaration' ? inner.declarations : []
  })
  const paths = declarations.flatMap(({ id, init }) =>
    id.type === 'Identifier' && init ? literalsIn(init, id.name) : [],
  )
  return paths.map((path) => `Object.freeze(${path});`).join('')
}

/** The paths of the objects and arrays in a literal: `a`, `a[0]`, `a[0]["b"]`. */
function literalsIn(node: Expression, path: string): string[] {
  if (node.type === 'ArrayExpression') {
    // After `...list` the place of an item is not known.
    const known = node.elements.findIndex((each) => each?.type === 'SpreadElement')
    const items = known < 0 ? node.elements : node.elements.slice(0, known)
    return [
      path,
      ...items.flatMap((each, at) => (each === null ? [] : literalsIn(each as Expression, `${path}[${at}]`))),
    ]
  }
  if (node.type !== 'ObjectExpression') return []
  const inner = node.properties.flatMap((each) => {
    if (each.type !== 'Property' || each.computed || each.kind !== 'init') return []
    const key =
      each.key.type === 'Identifier' ? each.key.name : each.key.type === 'Literal' ? each.key.value : undefined
    return key === undefined ? [] : literalsIn(each.value as Expression, `${path}[${JSON.stringify(key)}]`)
  })
  return [path, ...inner]
}
