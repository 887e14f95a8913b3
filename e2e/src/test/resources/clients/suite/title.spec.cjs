const { test, expect } = require('@playwright/test');

test('a page has its title', async ({ page }) => {
  await page.goto('data:text/html,<title>Green room</title>');
  expect(await page.title()).toBe('Green room');
});
