/// How a worker is: its numbers come in from pool, processes and kernel; out go what its port says of it, fewer warm
/// browsers when memory is short, and word that it has outgrown its limit. Never here: the decision to end.
@NullMarked
package dev.greenroom.worker.health;

import org.jspecify.annotations.NullMarked;
