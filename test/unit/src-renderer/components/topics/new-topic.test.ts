import { describe, expect, it } from 'vitest'
import { creationObstacle, NAME_MAX, nameProblem } from '@/components/topics/new-topic'
import { clusterView, nodeView } from '../../support/views'

describe('the name of a new topic', () => {
  it('is legal as the broker sees it', () => {
    expect(['a', 'orders.v1_x-2', 'a'.repeat(NAME_MAX), '...'].map(nameProblem)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined
    ])
  })

  it('is not yet wrong while there is none', () => {
    expect(nameProblem('')).toBeUndefined()
  })

  it('is told what is wrong with it', () => {
    expect(nameProblem('a'.repeat(NAME_MAX + 1))).toBe('nameLong')
    expect(nameProblem('a b')).toBe('nameCharacters')
    expect(nameProblem('주문')).toBe('nameCharacters')
    expect(['.', '..'].map(nameProblem)).toEqual(['nameDots', 'nameDots'])
  })
})

describe('what keeps every topic from being created', () => {
  const of = (...nodes: ReturnType<typeof nodeView>[]) => creationObstacle(clusterView({ nodes }))

  it('is an ensemble without a majority', () => {
    expect(of(nodeView('broker-1'), nodeView('ensemble-1', 'killed'))).toBe('noQuorum')
    expect(of(nodeView('broker-1'), nodeView('ensemble-1', 'starting'))).toBe('noQuorum')
    expect(of(nodeView('broker-1'), nodeView('ensemble-1', 'killed'), nodeView('ensemble-2'))).toBe('noQuorum')
  })

  it('is a cluster of which no broker runs', () => {
    expect(of(nodeView('broker-1', 'killed'), nodeView('broker-2', 'stopped'), nodeView('ensemble-1'))).toBe('noBroker')
  })

  it('is nothing while one broker and a majority run, and unknown of a cluster that others run', () => {
    expect(of(nodeView('broker-1', 'killed'), nodeView('broker-2'), nodeView('ensemble-1'))).toBeUndefined()
    expect(creationObstacle(clusterView({ kind: 'external', nodes: [] }))).toBeUndefined()
    expect(creationObstacle(null)).toBeUndefined()
  })
})
