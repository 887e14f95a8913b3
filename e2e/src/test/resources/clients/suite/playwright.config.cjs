// A suite as people have it: written for a browser on the machine that runs it.
module.exports = {
  reporter: 'line',
  use: {
    headless: false,
    channel: 'chrome',
    launchOptions: {
      executablePath: '/usr/bin/google-chrome',
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--no-first-run'],
      env: { HOME: '/root' },
      chromiumSandbox: true,
      devtools: true,
      ignoreDefaultArgs: ['--mute-audio'],
      downloadsPath: '/tmp/downloads',
      firefoxUserPrefs: { 'dom.webnotifications.enabled': false },
    },
  },
};
