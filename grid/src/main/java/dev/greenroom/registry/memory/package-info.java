/// The registry of a single process, for `greenroom up` and for tests. It follows the same contract and
/// rules as the one in Redis.
///
/// [dev.greenroom.registry.memory.MemoryRegistry] holds the lock and calls listeners;
/// [dev.greenroom.registry.memory.SlotTable] has the leases, [dev.greenroom.registry.memory.WaitQueue] the
/// queue, [dev.greenroom.registry.memory.SessionDescriptions] the sessions,
/// [dev.greenroom.registry.memory.WorkerTable] the workers. [dev.greenroom.registry.memory.SlotForecast]
/// selects, [dev.greenroom.registry.memory.RecycleTurns] decides which worker is recycled next. Nothing
/// here blocks or starts a thread.
@NullMarked
package dev.greenroom.registry.memory;

import org.jspecify.annotations.NullMarked;
