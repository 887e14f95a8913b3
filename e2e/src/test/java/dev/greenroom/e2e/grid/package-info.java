/// Running grids: settings come in, ports go out. Whoever started a grid closes it, and closing it asserts
/// that nothing is left behind.
@NullMarked
package dev.greenroom.e2e.grid;

import org.jspecify.annotations.NullMarked;
