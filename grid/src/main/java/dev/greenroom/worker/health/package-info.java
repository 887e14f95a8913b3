/// Health and memory of a worker: numbers of pool, processes and kernel come in; health text, fewer warm
/// browsers under memory pressure, and a signal that the worker has outgrown its limit go out.
@NullMarked
package dev.greenroom.worker.health;

import org.jspecify.annotations.NullMarked;
