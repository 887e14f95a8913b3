const grid = process.env.GRID_URL;
const named = project => ({ wsEndpoint: grid, headers: { 'x-greenroom-name': `${project} #${process.env.TEST_WORKER_INDEX}` } });

module.exports = {
  reporter: 'line',
  projects: [{ name: 'shop', use: { connectOptions: named('shop') } }],
};
