/// The registry of a single process, for `greenroom up` and for tests. It keeps to the same contract as the one in
/// Redis and decides by the same rules.
///
/// [dev.greenroom.registry.memory.MemoryRegistry] holds the lock and calls listeners back;
/// [dev.greenroom.registry.memory.Grid] holds the leases, [dev.greenroom.registry.memory.Line] those who wait for one,
/// [dev.greenroom.registry.memory.Descriptions] what is known of sessions,
/// [dev.greenroom.registry.memory.Presence] the workers; [dev.greenroom.registry.memory.Selection] picks, and
/// [dev.greenroom.registry.memory.Recycling] says whose turn it is to be recycled. Nothing here blocks, starts a thread
/// or opens
/// anything.
@NullMarked
package dev.greenroom.registry.memory;

import org.jspecify.annotations.NullMarked;
