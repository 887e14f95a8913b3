/// A grid in a simulator: the real registry, proxies and workers as state machines, a virtual clock, and
/// one seed that decides everything, so that a failure can be run again. Faults come in at random; the
/// invariants are checked at every step. The committed outcome is `docs/simulation.md`.
@NullMarked
package dev.greenroom.registry.simulation;

import org.jspecify.annotations.NullMarked;
