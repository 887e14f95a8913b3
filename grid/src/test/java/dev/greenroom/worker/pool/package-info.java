/// Tests of the pool: with fake drivers, and with real ones.
@NullMarked
package dev.greenroom.worker.pool;

import org.jspecify.annotations.NullMarked;
