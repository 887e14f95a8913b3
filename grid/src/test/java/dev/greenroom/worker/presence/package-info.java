/// Tests of heartbeats.
@NullMarked
package dev.greenroom.worker.presence;

import org.jspecify.annotations.NullMarked;
