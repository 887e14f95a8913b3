/// Tests of periodic work.
@NullMarked
package dev.greenroom.schedule;

import org.jspecify.annotations.NullMarked;
