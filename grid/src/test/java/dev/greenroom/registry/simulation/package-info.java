/// A simulated grid: the real registry, proxies and workers as state machines, and a virtual clock. One seed decides
/// everything, so that a failure can be repeated. Faults are random; the invariants are checked at every step.
/// The committed report is `docs/simulation.md`.
@NullMarked
package dev.greenroom.registry.simulation;

import org.jspecify.annotations.NullMarked;
