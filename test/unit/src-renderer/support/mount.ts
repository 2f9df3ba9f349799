/** Mounts a component with fresh stores, the real locales and a fake host. */
import { enableAutoUnmount, flushPromises, mount } from '@vue/test-utils'
import { createPinia, disposePinia, setActivePinia } from 'pinia'
import type { Pinia } from 'pinia'
import { TooltipProvider } from 'reka-ui'
import { defineComponent, h } from 'vue'
import type { Component } from 'vue'
import { createTexts } from '@/i18n'
import { provideHost } from '@/stores/host'
import { createFakeApi } from './fake-api'
import type { FakeApi } from './fake-api'

let pinia: Pinia | undefined
let unmountAll = (): void => undefined
enableAutoUnmount((unmount) => (unmountAll = unmount))

/**
 * What was mounted goes, and stores end with their test: a timer of theirs would fire in what is left of the next one's world.
 * after-each.ts calls it.
 */
export function endTest(): void {
  unmountAll()
  if (pinia !== undefined) disposePinia(pinia)
  pinia = undefined
}

/** Fresh stores on a fresh fake host. */
export function useFakeHost(): FakeApi {
  window.localStorage.clear()
  window.location.hash = ''
  const api = createFakeApi()
  provideHost(api)
  pinia = createPinia()
  setActivePinia(pinia)
  return api
}

export async function show(component: Component, props: Record<string, unknown> = {}, language: 'en' | 'ko' = 'en') {
  const root = defineComponent({ render: () => h(TooltipProvider, () => h(component, props)) })
  const wrapper = mount(root, { attachTo: document.body, global: { plugins: [createTexts(language)] } })
  await flushPromises()
  return wrapper
}

/** Elements of a role with an accessible name that contains `name`, also those in portals. */
export function byRole(role: string, name: string | RegExp): HTMLElement[] {
  const implied: Record<string, string> = {
    button: 'button',
    link: 'a[href]',
    row: 'tr',
    table: 'table',
    columnheader: 'th',
    heading: 'h1, h2, h3',
    textbox: 'input',
    complementary: 'aside',
    navigation: 'nav',
    region: 'section[aria-label]'
  }
  const selector = [`[role=${role}]`, implied[role]].filter((one) => one !== undefined).join(', ')
  return [...document.querySelectorAll<HTMLElement>(selector)].filter((element) => {
    const label = element.getAttribute('aria-label') ?? labelOf(element) ?? element.textContent
    const text = label.replace(/\s+/g, ' ').trim()
    return typeof name === 'string' ? text.includes(name) : name.test(text)
  })
}

function labelOf(element: HTMLElement): string | null {
  const by = element.getAttribute('aria-labelledby')
  if (by !== null) return document.getElementById(by)?.textContent ?? null
  if (element.id === '') return null
  return document.querySelector(`label[for="${element.id}"]`)?.textContent ?? null
}

export function one(role: string, name: string | RegExp): HTMLElement {
  const [found, ...more] = byRole(role, name)
  if (found === undefined)
    throw new Error(`no ${role} named ${String(name)} in: ${document.body.innerHTML.slice(0, 4000)}`)
  if (more.length > 0) throw new Error(`${more.length + 1} times ${role} named ${String(name)}`)
  return found
}

export const shownText = (): string => document.body.textContent.replace(/\s+/g, ' ')
