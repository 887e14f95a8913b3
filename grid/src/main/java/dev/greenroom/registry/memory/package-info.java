/// The registry of a single process, for `greenroom up` and for tests. It keeps to the same contract as the one in
/// Redis and decides by the same rules.
///
/// [dev.greenroom.registry.memory.MemoryRegistry] holds the lock and calls listeners back;
/// [dev.greenroom.registry.memory.Grid] holds workers and leases; [dev.greenroom.registry.memory.Selection] picks;
/// [dev.greenroom.registry.memory.Recycling] says who may recycle. Nothing here waits, starts a thread or opens
/// anything.
@NullMarked
package dev.greenroom.registry.memory;

import org.jspecify.annotations.NullMarked;
