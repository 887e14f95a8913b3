/// The faults of a grid, each as a test by its number: a proxy and workers over real sockets, a real
/// Redis, and a network between them that goes wrong. Every test ends with a quiet grid: no lease, no
/// socket, no count is left.
@NullMarked
package dev.greenroom.faults;

import org.jspecify.annotations.NullMarked;
