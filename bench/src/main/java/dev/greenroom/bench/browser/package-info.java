/// Sessions with real browsers, through the grid and beside it: a bare browser server of Playwright, and a
/// browser that is launched for each task. All targets have the same Playwright, the same browser and the
/// same client.
@NullMarked
package dev.greenroom.bench.browser;

import org.jspecify.annotations.NullMarked;
