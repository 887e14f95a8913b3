/// Tests of drivers: with scripts in their place, and with real ones.
@NullMarked
package dev.greenroom.worker.driver;

import org.jspecify.annotations.NullMarked;
