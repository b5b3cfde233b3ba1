// SPDX-License-Identifier: PostgreSQL
// Opens pages in headless Chromium as people do, and prints one line of JSON for each view: what it noticed.
// node look.mjs MODULES FOLDER JOB   with a job {pages: [{file, names: [text ...]}], views: [[width, scheme] ...]}
import fs from 'node:fs';
import { createRequire } from 'node:module';

const [, , modules, profile, job] = process.argv;
const require = createRequire(modules + '/');
const { chromium } = require('playwright-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { pages, views } = JSON.parse(fs.readFileSync(job, 'utf8'));
const browser = await chromium.launch({
  executablePath: process.env.CLIENTELE_CHROMIUM || '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', `--crash-dumps-dir=${profile}`],
});

async function look(file, names, width, scheme) {
  const found = { file, width, scheme, messages: [], requests: [] };
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
  const page = await context.newPage();
  page.on('console', (m) => found.messages.push(m.text()));
  page.on('pageerror', (e) => found.messages.push(e.message));
  page.on('dialog', async (d) => { found.messages.push('dialog ' + d.message()); await d.dismiss(); });
  page.on('request', (r) => { if (!/^(file|data):/.test(r.url())) found.requests.push(r.url()); });
  await page.goto('file://' + file);
  // Everything open is the widest that the page becomes.
  await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
  Object.assign(found, await page.evaluate(() => ({
    wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    active: document.querySelectorAll('script, img, iframe, object, embed, form, [onerror], [onload], [onclick], [style]').length,
    twice: [...document.querySelectorAll('[id]')].map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i),
    lost: [...document.querySelectorAll('a[href^="#"]')].map((a) => a.getAttribute('href')).filter((h) => !document.getElementById(h.slice(1))),
    small: [...document.querySelectorAll('svg text')].filter((t) => !t.classList.contains('tip') && t.textContent && t.getBoundingClientRect().width > 0)
      .map((t) => parseFloat(getComputedStyle(t).fontSize) * Math.hypot(t.getScreenCTM().a, t.getScreenCTM().b)).filter((size) => size < 10.4).length,
    sections: document.querySelectorAll('main > section').length,
  })));
  const text = await page.evaluate(() => document.body.textContent);
  found.absent = names.filter((name) => !text.includes(name));
  await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = false; }));
  // The keyboard reaches the content first, and then the breakdown of a step, which shows itself.
  await page.keyboard.press('Tab');
  found.first = await page.evaluate(() => document.activeElement.getAttribute('href'));
  const step = page.locator('a.mark:visible').first();
  if (await step.count()) {
    const target = await step.getAttribute('href');
    await step.focus();
    await page.keyboard.press('Enter');
    found.drill = await page.evaluate((id) => getComputedStyle(document.getElementById(id)).display, target.slice(1));
  }
  await context.close();
  // axe itself is a script, which the page's policy forbids.
  const open = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, bypassCSP: true });
  const judged = await open.newPage();
  await judged.goto('file://' + file);
  await judged.evaluate(axe);
  found.faults = await judged.evaluate(async () => (await window.axe.run({ resultTypes: ['violations'] })).violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 150)}`));
  if (process.env.CLIENTELE_SHOTS) {
    await judged.screenshot({ path: `${process.env.CLIENTELE_SHOTS}/${file.replace(/.*\/|[.]html$/g, '')}-${width}-${scheme}.png`, fullPage: true });
  }
  await open.close();
  console.log(JSON.stringify(found));
}

for (const { file, names } of pages) for (const [width, scheme] of views) await look(file, names, width, scheme);
await browser.close();
