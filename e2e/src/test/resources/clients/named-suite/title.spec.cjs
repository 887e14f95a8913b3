const { test, expect } = require('@playwright/test');

test('a session has a name', async ({ page }) => {
  await page.goto('data:text/html,<title>Named</title>');
  expect(await page.title()).toBe('Named');
});
