/// Which worker may get the next session. Slot requests and heartbeats come in; leases go out. What runs on
/// a worker is not decided here: a live session outlives any registry.
///
/// A session that finds no free slot may queue, together with the sessions of all proxies for the same
/// browser type:
///
/// 1. [dev.greenroom.registry.Registry#enqueue] adds it; then [dev.greenroom.registry.Registry#acquire] is
///    tried once more, for a slot that became free in between.
/// 2. [dev.greenroom.registry.Registry#onTurn] calls back when there is a slot for it: its proxy calls
///    `acquire`. Nobody polls: once a second a proxy refreshes the places of all its sessions in one call
///    for 200 of them, [dev.greenroom.registry.Registry#keepPlaces], and learns of a turn whose
///    notification was lost.
/// 3. A grant ends the wait. A client that leaves, or times out, is removed with
///    [dev.greenroom.registry.Registry#dequeue], and its session is released in case a grant came too late.
///
/// `acquire` keeps the order whoever calls it: for every earlier session whose place is still refreshed, a
/// slot of its version is set aside if there is one. So a request that cannot be fulfilled blocks nobody,
/// and the places of a proxy that died block the queue for three seconds at most. A session that does not
/// queue gets what is left.
@NullMarked
package dev.greenroom.registry;

import org.jspecify.annotations.NullMarked;
